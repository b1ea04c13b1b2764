use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "history_loads")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub file_name: String,
    pub file_size: i64,
    pub file_kept: bool,
    pub check_only: bool,
    pub begun_by: Option<Uuid>,
    pub state: String,
    /// 1 for the one that runs, null for all others; unique.
    pub slot: Option<i32>,
    pub lease_token: Option<Uuid>,
    pub leased_until: Option<i64>,
    pub step: Option<String>,
    pub step_at: Option<i64>,
    pub done: i64,
    pub total: i64,
    pub rejected: i64,
    pub report: Option<String>,
    pub problem: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
    pub finished_at: Option<i64>,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
