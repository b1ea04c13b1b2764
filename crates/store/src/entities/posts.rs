use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "posts")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub case_id: Uuid,
    pub source: String,
    pub key: Option<Uuid>,
    pub salesforce_id: Option<String>,
    pub ledger_salesforce_id: Option<String>,
    pub parent_post_id: Option<Uuid>,
    pub author_user_id: Option<Uuid>,
    pub author_name: String,
    pub author_is_staff: bool,
    pub visibility: String,
    pub body: String,
    pub course_run_id: Option<Uuid>,
    pub run_key: Option<String>,
    pub content_hash: Option<String>,
    pub state: String,
    pub failure: Option<String>,
    pub created_at: i64,
    pub changed_at: i64,
    pub deleted_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
