use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub kind: String,
    pub subject_id: Uuid,
    pub lane: Uuid,
    pub state: String,
    pub attempts: i32,
    pub not_before: i64,
    pub lease_token: Option<Uuid>,
    pub leased_until: Option<i64>,
    pub last_error: Option<String>,
    pub last_error_code: Option<String>,
    pub created_at: i64,
    pub finished_at: Option<i64>,
    pub forgotten_because: Option<String>,
    pub forgotten_by: Option<Uuid>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
