use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "connections")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// Always 1: a partial unique index on it keeps a second connection out.
    pub singleton: i32,
    pub state: String,
    pub instance_url: String,
    pub login_url: String,
    pub org_id: String,
    pub org_user_id: String,
    pub org_username: String,
    /// Sealed by [`crate::TokenCipher`], as is the refresh token.
    pub access_token: Option<Vec<u8>>,
    pub refresh_token: Option<Vec<u8>>,
    pub secret_key_id: String,
    pub scope: Option<String>,
    pub issued_at: i64,
    pub problem: Option<String>,
    pub connected_by: Option<Uuid>,
    pub created_at: i64,
    pub updated_at: i64,
    pub accepted_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
