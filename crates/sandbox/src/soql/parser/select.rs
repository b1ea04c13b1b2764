//! SELECT and its clauses, in the order they must come.

use super::{Parser, Place};
use crate::soql::{
    ast::{
        Aggregate, Branch, Direction, FieldGroup, Function, Item, Name, Nulls, Operand, Order, Path, Records, Select,
        ShortCut, Subtotals,
    },
    error::SoqlError,
    lexer::TokenKind,
};

const MAX_OFFSET: usize = 2_000;
/// How many relationships a path follows at most.
pub(in crate::soql) const MAX_HOPS: usize = 5;
const MAX_SUBTOTAL_FIELDS: usize = 3;

/// Words that can't be an alias: those that begin what follows FROM, and others of the language.
const RESERVED: &[&str] = &[
    "USING", "WHERE", "WITH", "GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FOR", "UPDATE", "ALL", "AND", "ASC",
    "DESC", "EXCLUDES", "FIRST", "FROM", "IN", "INCLUDES", "LAST", "LIKE", "NOT", "NULL", "NULLS", "OR", "SELECT",
];

impl Parser<'_> {
    pub(super) fn select(&mut self, place: Place) -> Result<Select, SoqlError> {
        self.nested(|parser| parser.select_statement(place))
    }

    fn select_statement(&mut self, place: Place) -> Result<Select, SoqlError> {
        self.expect_keyword("SELECT")?;
        let mut items = vec![self.item(place)?];
        while self.peek().kind == TokenKind::Comma {
            // COUNT() stands alone.
            if items.iter().any(is_bare_count) {
                return Err(self.unexpected());
            }
            self.advance();
            items.push(self.item(place)?);
        }
        if let Some(Item::Operand { operand, .. }) = items.iter().skip(1).find(|item| is_bare_count(item)) {
            return Err(SoqlError::unexpected(self.text, operand.at(), "COUNT"));
        }
        self.expect_keyword("FROM")?;
        let mut from = self.name()?;
        let mut parent = None;
        if place == Place::Children && self.take(TokenKind::Dot) {
            parent = Some(std::mem::replace(&mut from, self.name()?));
        }
        let alias = self.alias()?;
        let mut select = Select { items, alias, parent, ..Select::of(from) };
        while self.take(TokenKind::Comma) {
            let short_cut = self.short_cut(&select)?;
            select.short_cuts.push(short_cut);
        }
        if self.take_keyword("USING") {
            self.expect_keyword("SCOPE")?;
            let token = self.peek();
            let known = Records::ALL.into_iter().find(|(name, _)| self.is_keyword(token, name));
            select.records = known.ok_or_else(|| self.unexpected())?.1;
            select.records_at = self.advance().start;
        }
        if self.take_keyword("WHERE") {
            select.condition = Some(self.condition(place)?);
        }
        if self.take_keyword("WITH") {
            self.with()?;
        }
        // A query that a condition compares with is asked for all it has, in no order.
        if place == Place::Join {
            return Ok(select);
        }
        if self.take_keywords("GROUP", "BY") {
            self.groups(&mut select)?;
            if self.take_keyword("HAVING") {
                select.having = Some(self.condition(place)?);
            }
        }
        self.window(&mut select)?;
        while self.take_keyword("FOR") {
            self.take_one_of(&["VIEW", "REFERENCE", "UPDATE"])?;
            while self.take(TokenKind::Comma) {
                self.take_one_of(&["VIEW", "REFERENCE", "UPDATE"])?;
            }
        }
        self.statistics()?;
        select.all_rows = self.take_keywords("ALL", "ROWS");
        Ok(select)
    }

    pub(in crate::soql) fn alias(&mut self) -> Result<Option<Name>, SoqlError> {
        let next = self.peek();
        let is_alias = next.kind == TokenKind::Word && !RESERVED.iter().any(|word| self.is_keyword(next, word));
        if is_alias { self.name().map(Some) } else { Ok(None) }
    }

    /// `c.Account a`, which begins with the object or with another name before it.
    fn short_cut(&mut self, select: &Select) -> Result<ShortCut, SoqlError> {
        let Path { relationships, field } = self.path()?;
        let mut names = relationships.into_iter().chain([field]);
        let Some(start) = names.next() else { return Err(self.unexpected()) };
        let is = |name: &Name| name.text.eq_ignore_ascii_case(&start.text);
        let before = select.short_cuts.iter().find(|known| is(&known.name));
        let mut whole: Vec<Name> = match before {
            Some(known) => known.relationships.clone(),
            None if is(&select.from) || select.alias.as_ref().is_some_and(is) => Vec::new(),
            None => {
                let message = format!("Didn't understand '{}' in FROM part of query call.", start.text);
                return Err(SoqlError::at("INVALID_TYPE", self.text, start.at, &message));
            }
        };
        whole.extend(names);
        if whole.is_empty() || whole.len() > MAX_HOPS {
            let message = format!("a relationship in FROM is one to {MAX_HOPS} relationships away");
            return Err(self.error(start.at, &message));
        }
        let name = self.alias()?.ok_or_else(|| self.unexpected())?;
        let is_same = |known: &Name| known.text.eq_ignore_ascii_case(&name.text);
        if select.alias.as_ref().is_some_and(is_same) || select.short_cuts.iter().any(|known| is_same(&known.name)) {
            return Err(self.error(name.at, &format!("duplicate alias: {}", name.text)));
        }
        Ok(ShortCut { relationships: whole, name })
    }

    /// What follows WITH: who is asking may see everything here.
    fn with(&mut self) -> Result<(), SoqlError> {
        let unknown = [("DATA", "CATEGORY"), ("RecordVisibilityContext", "")];
        let token = self.peek();
        if let Some((first, second)) = unknown.into_iter().find(|(first, _)| self.is_keyword(token, first)) {
            let message = format!("WITH {first} {second} is not emulated by the sandbox");
            return Err(SoqlError::at("NOT_IMPLEMENTED", self.text, token.start, &message));
        }
        self.take_one_of(&["SECURITY_ENFORCED", "USER_MODE", "SYSTEM_MODE"])
    }

    /// ORDER BY, LIMIT and OFFSET
    pub(in crate::soql) fn window(&mut self, select: &mut Select) -> Result<(), SoqlError> {
        if self.take_keywords("ORDER", "BY") {
            select.order_by = self.orders()?;
        }
        if self.take_keyword("LIMIT") {
            select.limit = Some(self.count()?);
        }
        if self.take_keyword("OFFSET") {
            select.offset = Some(self.offset()?);
        }
        Ok(())
    }

    /// `UPDATE TRACKING, VIEWSTAT`, which only Salesforce's articles have.
    pub(in crate::soql) fn statistics(&mut self) -> Result<(), SoqlError> {
        if self.take_keyword("UPDATE") {
            self.take_one_of(&["TRACKING", "VIEWSTAT"])?;
            while self.take(TokenKind::Comma) {
                self.take_one_of(&["TRACKING", "VIEWSTAT"])?;
            }
        }
        Ok(())
    }

    fn item(&mut self, place: Place) -> Result<Item, SoqlError> {
        if self.peek().kind == TokenKind::Open {
            if place == Place::Join {
                return Err(self.unexpected());
            }
            self.advance();
            let select = self.select(Place::Children)?;
            self.expect(TokenKind::Close)?;
            return Ok(Item::Children(Box::new(select)));
        }
        if self.at_field_group() {
            return self.field_group();
        }
        if self.at_keyword("TYPEOF") && self.peek_after(1).kind == TokenKind::Word && place != Place::Join {
            return self.type_of();
        }
        // A keyword here is a list that ends too early: SELECT Id, FROM Case.
        if self.at_keyword("FROM") {
            return Err(self.unexpected());
        }
        let operand = self.operand()?;
        let next = self.peek();
        let alias =
            if next.kind == TokenKind::Word && !self.is_keyword(next, "FROM") { Some(self.name()?) } else { None };
        Ok(Item::Operand { operand, alias })
    }

    fn type_of(&mut self) -> Result<Item, SoqlError> {
        self.advance();
        let relationship = self.name()?;
        let mut branches = Vec::new();
        self.expect_keyword("WHEN")?;
        loop {
            let object = self.name()?;
            self.expect_keyword("THEN")?;
            branches.push(Branch { object, fields: self.paths()? });
            if !self.take_keyword("WHEN") {
                break;
            }
        }
        let otherwise = if self.take_keyword("ELSE") { self.paths()? } else { Vec::new() };
        self.expect_keyword("END")?;
        Ok(Item::TypeOf { relationship, branches, otherwise })
    }

    fn paths(&mut self) -> Result<Vec<Path>, SoqlError> {
        let mut paths = vec![self.path()?];
        while self.take(TokenKind::Comma) {
            paths.push(self.path()?);
        }
        Ok(paths)
    }

    /// What follows GROUP BY.
    fn groups(&mut self, select: &mut Select) -> Result<(), SoqlError> {
        let at = self.peek().start;
        let is_call = self.peek_after(1).kind == TokenKind::Open;
        select.subtotals = if is_call && self.take_keyword("ROLLUP") {
            Subtotals::Rollup
        } else if is_call && self.take_keyword("CUBE") {
            Subtotals::Cube
        } else {
            select.group_by = self.operands()?;
            return Ok(());
        };
        self.expect(TokenKind::Open)?;
        select.group_by = self.operands()?;
        self.expect(TokenKind::Close)?;
        if select.group_by.len() > MAX_SUBTOTAL_FIELDS {
            let message = format!("a maximum of {MAX_SUBTOTAL_FIELDS} fields is allowed in ROLLUP and CUBE");
            return Err(self.error(at, &message));
        }
        Ok(())
    }

    pub(in crate::soql) fn at_field_group(&self) -> bool {
        self.at_keyword("FIELDS") && self.peek_after(1).kind == TokenKind::Open
    }

    pub(in crate::soql) fn field_group(&mut self) -> Result<Item, SoqlError> {
        let at = self.advance().start;
        self.expect(TokenKind::Open)?;
        let group = if self.take_keyword("ALL") {
            FieldGroup::All
        } else if self.take_keyword("STANDARD") {
            FieldGroup::Standard
        } else if self.take_keyword("CUSTOM") {
            FieldGroup::Custom
        } else {
            return Err(self.unexpected());
        };
        self.expect(TokenKind::Close)?;
        Ok(Item::Fields { group, at })
    }

    /// A field or a function of one.
    pub(in crate::soql) fn operand(&mut self) -> Result<Operand, SoqlError> {
        if self.peek_after(1).kind != TokenKind::Open {
            return self.path().map(Operand::Path);
        }
        let Name { text, at } = self.name()?;
        let Some(function) = Function::named(&text) else {
            if ["DISTANCE", "GEOLOCATION"].iter().any(|name| text.eq_ignore_ascii_case(name)) {
                let message = format!("{text}() is not emulated by the sandbox, which has no location fields");
                return Err(SoqlError::at("NOT_IMPLEMENTED", self.text, at, &message));
            }
            return Err(self.unexpected());
        };
        self.expect(TokenKind::Open)?;
        if function == Function::Format
            && let Some(aggregate) = self.aggregate_within()
        {
            self.next += 2;
            let argument = Some(self.argument()?);
            self.expect(TokenKind::Close)?;
            self.expect(TokenKind::Close)?;
            return Ok(Operand::Call { function: Function::FormattedAggregate(aggregate), argument, at });
        }
        let may_be_bare = function == Function::Aggregate(Aggregate::Count);
        let argument = if may_be_bare && self.peek().kind == TokenKind::Close { None } else { Some(self.argument()?) };
        self.expect(TokenKind::Close)?;
        Ok(Operand::Call { function, argument, at })
    }

    /// The aggregate function whose call comes next.
    fn aggregate_within(&self) -> Option<Aggregate> {
        let is_call = self.peek_after(1).kind == TokenKind::Open;
        match Function::named(self.source(self.peek())) {
            Some(Function::Aggregate(aggregate)) if is_call => Some(aggregate),
            _ => None,
        }
    }

    /// `convertTimezone(…)` around a date and `convertCurrency(…)` around an amount are read and dropped: every user of the sandbox
    /// lives in UTC and pays in one currency.
    fn argument(&mut self) -> Result<Path, SoqlError> {
        let is_conversion = self.at_keyword("convertTimezone") || self.at_keyword("convertCurrency");
        if is_conversion && self.peek_after(1).kind == TokenKind::Open {
            self.next += 2;
            let path = self.path()?;
            self.expect(TokenKind::Close)?;
            return Ok(path);
        }
        self.path()
    }

    fn operands(&mut self) -> Result<Vec<Operand>, SoqlError> {
        let mut operands = vec![self.operand()?];
        while self.take(TokenKind::Comma) {
            operands.push(self.operand()?);
        }
        Ok(operands)
    }

    fn orders(&mut self) -> Result<Vec<Order>, SoqlError> {
        let mut orders = vec![self.order()?];
        while self.take(TokenKind::Comma) {
            orders.push(self.order()?);
        }
        Ok(orders)
    }

    fn order(&mut self) -> Result<Order, SoqlError> {
        let operand = self.operand()?;
        let direction = if self.take_keyword("DESC") {
            Direction::Descending
        } else {
            self.take_keyword("ASC");
            Direction::Ascending
        };
        // First is the default in either direction.
        let mut nulls = Nulls::First;
        if self.take_keyword("NULLS") {
            if self.take_keyword("LAST") {
                nulls = Nulls::Last;
            } else {
                self.expect_keyword("FIRST")?;
            }
        }
        Ok(Order { operand, direction, nulls })
    }

    pub(in crate::soql) fn count(&mut self) -> Result<usize, SoqlError> {
        let token = self.peek();
        let count = if token.kind == TokenKind::Number { self.source(token).parse().ok() } else { None };
        let count = count.ok_or_else(|| self.unexpected())?;
        self.advance();
        Ok(count)
    }

    fn offset(&mut self) -> Result<usize, SoqlError> {
        let at = self.peek().start;
        let offset = self.count()?;
        if offset > MAX_OFFSET {
            let message = format!("Maximum SOQL offset allowed is {MAX_OFFSET}");
            return Err(SoqlError::at("NUMBER_OUTSIDE_VALID_RANGE", self.text, at, &message));
        }
        Ok(offset)
    }
}

fn is_bare_count(item: &Item) -> bool {
    matches!(item, Item::Operand { operand: Operand::Call { argument: None, .. }, .. })
}
