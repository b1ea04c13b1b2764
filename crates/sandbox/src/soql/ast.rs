//! What a query says, before any name in it is known to exist.

use super::dates::NamedDate;

/// A parsed query. Made by [`parse`](super::parse), run by [`run`](super::run).
#[derive(Clone, Debug, PartialEq)]
pub struct Query {
    /// All of the text, for error messages.
    pub(super) text: String,
    pub(super) select: Select,
}

impl Query {
    /// The records of an object that refer to another by one of its fields; all by names of the schema.
    pub(crate) fn referring(object: &str, fields: &[&str], reference: &str, id: &str) -> Self {
        let name = |text: &str| Name { text: text.to_owned(), at: 0 };
        let path = |text: &str| Operand::Path(Path { relationships: Vec::new(), field: name(text) });
        let items = fields.iter().map(|field| Item::Operand { operand: path(field), alias: None });
        let condition = Condition::Compare {
            left: path(reference),
            operator: Operator::Equal,
            right: Literal { value: LiteralValue::Text { plain: id.to_owned(), pattern: id.to_owned() }, at: 0 },
        };
        let select = Select { items: items.collect(), condition: Some(condition), ..Select::of(name(object)) };
        Self { text: String::new(), select }
    }

    /// Says who `USING SCOPE mine` and its kin speak of.
    pub(crate) fn asked_by(&mut self, user: &str) {
        let at = self.select.from.at;
        let person = |field: &str, operator| Condition::Compare {
            left: Operand::Path(Path { relationships: Vec::new(), field: Name { text: field.to_owned(), at } }),
            operator,
            right: Literal { value: LiteralValue::Text { plain: user.to_owned(), pattern: user.to_owned() }, at },
        };
        let theirs = match self.select.records {
            Records::Mine => vec![person("OwnerId", Operator::Equal)],
            Records::Delegated => vec![person("CreatedById", Operator::Equal), person("OwnerId", Operator::NotEqual)],
            _ => return,
        };
        let asked = self.select.condition.take();
        self.select.condition = Some(Condition::And(theirs.into_iter().chain(asked).collect()));
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    /// As written after FROM.
    pub fn object_name(&self) -> &str {
        &self.select.from.text
    }
}

/// A query or a query within one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Select {
    pub(super) items: Vec<Item>,
    /// An object, or a child relationship within a SELECT list.
    pub(super) from: Name,
    pub(super) alias: Option<Name>,
    /// What a child relationship is of, where that is said: `FROM Account.Contacts`.
    pub(super) parent: Option<Name>,
    /// `FROM Contact c, c.Account a`
    pub(super) short_cuts: Vec<ShortCut>,
    /// `USING SCOPE`
    pub(super) records: Records,
    pub(super) records_at: usize,
    pub(super) condition: Option<Condition>,
    pub(super) group_by: Vec<Operand>,
    pub(super) subtotals: Subtotals,
    pub(super) having: Option<Condition>,
    pub(super) order_by: Vec<Order>,
    pub(super) limit: Option<usize>,
    pub(super) offset: Option<usize>,
    /// `ALL ROWS`
    pub(super) all_rows: bool,
}

impl Select {
    /// Nothing of an object, and no clause.
    pub(super) fn of(from: Name) -> Self {
        Self {
            items: Vec::new(),
            from,
            alias: None,
            parent: None,
            short_cuts: Vec::new(),
            records: Records::Everyones,
            records_at: 0,
            condition: None,
            group_by: Vec::new(),
            subtotals: Subtotals::None,
            having: None,
            order_by: Vec::new(),
            limit: None,
            offset: None,
            all_rows: false,
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Name {
    pub(super) text: String,
    /// Byte offset in the query.
    pub(super) at: usize,
}

/// A name for relationships on the way to a parent, all of them spelled out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ShortCut {
    pub(super) relationships: Vec<Name>,
    pub(super) name: Name,
}

/// Whose records a query is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Records {
    Everyones,
    /// Of the user who asks.
    Mine,
    /// Given to someone else by the user who asks.
    Delegated,
    MineAndMyGroups,
    MyTerritory,
    MyTeamTerritory,
    Team,
    ScopingRule,
}

impl Records {
    /// In the order in which messages and tests list them.
    pub(super) const ALL: [(&'static str, Self); 8] = [
        ("everything", Self::Everyones),
        ("mine", Self::Mine),
        ("delegated", Self::Delegated),
        ("mine_and_my_groups", Self::MineAndMyGroups),
        ("my_territory", Self::MyTerritory),
        ("my_team_territory", Self::MyTeamTerritory),
        ("team", Self::Team),
        ("scopingRule", Self::ScopingRule),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(_, records)| *records == self).map_or("", |(name, _)| name)
    }
}

/// What `GROUP BY` adds to the groups themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subtotals {
    None,
    /// Of each group of the first keys.
    Rollup,
    /// Of each combination of keys.
    Cube,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Operand {
        operand: Operand,
        alias: Option<Name>,
    },
    Fields {
        group: FieldGroup,
        at: usize,
    },
    Children(Box<Select>),
    /// `TYPEOF Owner WHEN User THEN Username ELSE Name END`
    TypeOf {
        relationship: Name,
        branches: Vec<Branch>,
        otherwise: Vec<Path>,
    },
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Branch {
    pub(super) object: Name,
    pub(super) fields: Vec<Path>,
}

/// `FIELDS(…)`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FieldGroup {
    All,
    Standard,
    Custom,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Operand {
    Path(Path),
    Call { function: Function, argument: Option<Path>, at: usize },
}

impl Operand {
    pub(super) fn at(&self) -> usize {
        match self {
            Self::Path(path) => path.at(),
            Self::Call { at, .. } => *at,
        }
    }

    pub(super) fn is_aggregate(&self) -> bool {
        matches!(self, Self::Call { function: Function::Aggregate(_) | Function::FormattedAggregate(_), .. })
    }
}

/// `Case.Account.Name`
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Path {
    /// Relationships (or an alias), outermost first.
    pub(super) relationships: Vec<Name>,
    pub(super) field: Name,
}

impl Path {
    pub(super) fn at(&self) -> usize {
        self.relationships.first().map_or(self.field.at, |name| name.at)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Function {
    Aggregate(Aggregate),
    Date(DatePart),
    ToLabel,
    Format,
    /// `FORMAT(MIN(CreatedDate))`
    FormattedAggregate(Aggregate),
    /// `convertCurrency`: the sandbox has one currency.
    AsIs,
    /// Whether a group is a subtotal over the field.
    Grouping,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Aggregate {
    Count,
    CountDistinct,
    Sum,
    Average,
    Minimum,
    Maximum,
}

impl Aggregate {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Count => "COUNT",
            Self::CountDistinct => "COUNT_DISTINCT",
            Self::Sum => "SUM",
            Self::Average => "AVG",
            Self::Minimum => "MIN",
            Self::Maximum => "MAX",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum DatePart {
    Year,
    Quarter,
    Month,
    WeekInYear,
    WeekInMonth,
    DayInYear,
    DayInMonth,
    DayInWeek,
    HourInDay,
    DayOnly,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "COUNT" => Self::Aggregate(Aggregate::Count),
            "COUNT_DISTINCT" => Self::Aggregate(Aggregate::CountDistinct),
            "SUM" => Self::Aggregate(Aggregate::Sum),
            "AVG" => Self::Aggregate(Aggregate::Average),
            "MIN" => Self::Aggregate(Aggregate::Minimum),
            "MAX" => Self::Aggregate(Aggregate::Maximum),
            "CALENDAR_YEAR" | "FISCAL_YEAR" => Self::Date(DatePart::Year),
            "CALENDAR_QUARTER" | "FISCAL_QUARTER" => Self::Date(DatePart::Quarter),
            "CALENDAR_MONTH" | "FISCAL_MONTH" => Self::Date(DatePart::Month),
            "WEEK_IN_YEAR" => Self::Date(DatePart::WeekInYear),
            "WEEK_IN_MONTH" => Self::Date(DatePart::WeekInMonth),
            "DAY_IN_YEAR" => Self::Date(DatePart::DayInYear),
            "DAY_IN_MONTH" => Self::Date(DatePart::DayInMonth),
            "DAY_IN_WEEK" => Self::Date(DatePart::DayInWeek),
            "HOUR_IN_DAY" => Self::Date(DatePart::HourInDay),
            "DAY_ONLY" => Self::Date(DatePart::DayOnly),
            "TOLABEL" => Self::ToLabel,
            "FORMAT" => Self::Format,
            "CONVERTCURRENCY" => Self::AsIs,
            "GROUPING" => Self::Grouping,
            _ => return None,
        })
    }
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Condition {
    And(Vec<Condition>),
    Or(Vec<Condition>),
    Not(Box<Condition>),
    Compare {
        left: Operand,
        operator: Operator,
        right: Literal,
    },
    /// `IN` and `NOT IN` of a list.
    OneOf {
        left: Operand,
        membership: Membership,
        list: Vec<Literal>,
    },
    /// A semi-join or anti-join.
    Join {
        left: Operand,
        membership: Membership,
        select: Box<Select>,
        at: usize,
    },
    /// `INCLUDES` and `EXCLUDES`: each literal is values joined by `;`, all of which must be there.
    Includes {
        left: Operand,
        membership: Membership,
        list: Vec<Literal>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Membership {
    In,
    Out,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Like,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Literal {
    pub(super) value: LiteralValue,
    pub(super) at: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum LiteralValue {
    Null,
    Boolean(bool),
    Number(f64),
    /// Escapes undone in `plain`; `pattern` keeps those that mean something to LIKE.
    Text {
        plain: String,
        pattern: String,
    },
    Date(jiff::civil::Date),
    DateTime(jiff::Timestamp),
    Named(NamedDate),
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Order {
    pub(super) operand: Operand,
    pub(super) direction: Direction,
    pub(super) nulls: Nulls,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Ascending,
    Descending,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Nulls {
    First,
    Last,
}
