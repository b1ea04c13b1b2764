use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "course_runs")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub key: String,
    pub course_id: Uuid,
    pub title: String,
    pub start_at: Option<i64>,
    pub end_at: Option<i64>,
    pub go_live_at: Option<i64>,
    pub status: String,
    pub has_ofac_restrictions: Option<bool>,
    pub is_new: bool,
    pub created_at: i64,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
