use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "cases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub course_id: Option<Uuid>,
    pub course_run_id: Option<Uuid>,
    pub portal_key: String,
    pub is_default: bool,
    pub subject: String,
    pub status: String,
    pub priority: Option<String>,
    pub case_number: Option<String>,
    pub salesforce_id: Option<String>,
    pub synced_at: Option<i64>,
    pub version: i64,
    pub public_version: i64,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
