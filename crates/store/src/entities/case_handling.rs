use sea_orm::entity::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "case_handling")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub case_id: Uuid,
    pub owner_id: Option<String>,
    pub owner_name: Option<String>,
    pub wanted_status: Option<String>,
    pub wanted_owner_id: Option<String>,
    pub wanted_owner_name: Option<String>,
    pub refusal: Option<String>,
    pub updated_at: i64,
}

#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
