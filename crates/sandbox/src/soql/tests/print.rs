//! Printing a query and parsing it again changes nothing; and no text, however broken, is more than an error.

use proptest::prelude::*;
use rstest::rstest;

use super::super::{parse, sosl};

/// The tree without the places its parts stood at, which only messages need.
fn tree(soql: &str) -> String {
    let query = parse(soql).unwrap_or_else(|error| panic!("{soql}: {error}"));
    let shown = format!("{:?}", query.select);
    let mut rest = shown.as_str();
    let mut tree = String::new();
    while let Some((before, after)) = rest.split_once("at: ") {
        tree.push_str(before);
        rest = after.trim_start_matches(|character: char| character.is_ascii_digit());
    }
    tree + rest
}

fn assert_printed(soql: &str) {
    let printed = parse(soql).unwrap_or_else(|error| panic!("{soql}: {error}")).to_string();
    assert_eq!(tree(&printed), tree(soql), "{soql} was printed as {printed}");
    assert_eq!(parse(&printed).unwrap().to_string(), printed);
}

#[rstest]
#[case("select id from case", "SELECT id FROM case")]
#[case(
    "SELECT Id FROM Case c WHERE (c.IsClosed = TRUE) AND (NOT (Status = 'a' OR Status = 'b'))",
    "SELECT Id FROM Case c WHERE c.IsClosed = true AND NOT (Status = 'a' OR Status = 'b')"
)]
#[case(
    "SELECT Id FROM Case WHERE CreatedDate > 2026-11-20T12:00:00+01:00 FOR VIEW",
    "SELECT Id FROM Case WHERE CreatedDate > 2026-11-20T11:00:00Z"
)]
#[case(
    "SELECT Id FROM Case WHERE CreatedDate = LAST_90_DAYS",
    "SELECT Id FROM Case WHERE CreatedDate = LAST_N_DAYS:90"
)]
#[case(
    "SELECT Id FROM Case WHERE Subject LIKE '50\\% \\'\\\\\\n'",
    "SELECT Id FROM Case WHERE Subject LIKE '50\\% \\'\\\\\\n'"
)]
#[case("SELECT Id FROM Case WHERE Subject = '50%'", "SELECT Id FROM Case WHERE Subject = '50%'")]
fn queries_are_printed_in_one_form(#[case] soql: &str, #[case] printed: &str) {
    assert_eq!(parse(soql).unwrap().to_string(), printed);
    assert_printed(soql);
}

fn any_of<const COUNT: usize>(texts: [&'static str; COUNT]) -> impl Strategy<Value = String> {
    prop::sample::select(texts.to_vec()).prop_map(str::to_owned)
}

fn name() -> impl Strategy<Value = String> {
    let names =
        ["Id", "Name", "Status", "CreatedDate", "Course__c", "Parent", "Account", "Owner", "_x", "Fields", "Typeof1"];
    any_of(names)
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(name(), 1..4).prop_map(|names| names.join("."))
}

fn function() -> impl Strategy<Value = String> {
    let functions = [
        "COUNT",
        "count_distinct",
        "SUM",
        "AVG",
        "MIN",
        "MAX",
        "CALENDAR_YEAR",
        "FISCAL_QUARTER",
        "WEEK_IN_MONTH",
        "DAY_ONLY",
        "HOUR_IN_DAY",
        "toLabel",
        "FORMAT",
        "convertCurrency",
        "GROUPING",
    ];
    (any_of(functions), path()).prop_map(|(function, path)| format!("{function}({path})"))
}

fn operand() -> impl Strategy<Value = String> {
    prop_oneof![3 => path(), 1 => function()]
}

fn text_literal() -> impl Strategy<Value = String> {
    prop::collection::vec(
        prop_oneof![
            any::<char>()
                .prop_filter("ends the text", |character| !matches!(character, '\'' | '\\'))
                .prop_map(String::from),
            any_of(["\\'", "\\\\", "\\%", "\\_", "\\n", "\\r", "\\t", "\\b", "\\f", "\\\"", "\\u00e9", "%", "_"]),
        ],
        0..6,
    )
    .prop_map(|parts| format!("'{}'", parts.concat()))
}

fn named_date() -> impl Strategy<Value = String> {
    let fixed = [
        "YESTERDAY",
        "today",
        "TOMORROW",
        "LAST_WEEK",
        "THIS_MONTH",
        "NEXT_QUARTER",
        "THIS_FISCAL_QUARTER",
        "LAST_FISCAL_YEAR",
        "LAST_90_DAYS",
        "NEXT_90_DAYS",
    ];
    let counted = [
        "LAST_N_DAYS",
        "NEXT_N_DAYS",
        "N_DAYS_AGO",
        "LAST_N_WEEKS",
        "NEXT_N_WEEKS",
        "N_WEEKS_AGO",
        "LAST_N_MONTHS",
        "N_MONTHS_AGO",
        "NEXT_N_FISCAL_QUARTERS",
        "N_QUARTERS_AGO",
        "LAST_N_YEARS",
        "N_FISCAL_YEARS_AGO",
    ];
    prop_oneof![any_of(fixed), (any_of(counted), 0..200_000_u32).prop_map(|(word, count)| format!("{word}:{count}")),]
}

fn literal() -> impl Strategy<Value = String> {
    prop_oneof![
        any_of(["null", "TRUE", "false"]),
        any::<i32>().prop_map(|number| number.to_string()),
        (any::<i16>(), 0..1000_u32).prop_map(|(whole, part)| format!("{whole}.{part}")),
        (-300..300_i32).prop_map(|exponent| format!("1.5e{exponent}")),
        text_literal(),
        (1700..2200_u32, 1..13_u32, 1..29_u32).prop_map(|(year, month, day)| format!("{year}-{month:02}-{day:02}")),
        (1700..2200_u32, 0..24_u32, 0..1000_u32, any_of(["Z", "+01:00", "-0530"]))
            .prop_map(|(year, hour, part, zone)| format!("{year}-02-03T{hour:02}:05:06.{part:03}{zone}")),
        named_date(),
    ]
}

fn literals() -> impl Strategy<Value = String> {
    prop::collection::vec(literal(), 1..4).prop_map(|literals| format!("({})", literals.join(",")))
}

fn comparison() -> impl Strategy<Value = String> {
    let operators = ["=", "!=", "<>", "<", "<=", ">", ">=", "LIKE", "like"];
    let members = ["IN", "not in", "INCLUDES", "excludes"];
    prop_oneof![
        4 => (operand(), any_of(operators), literal())
            .prop_map(|(left, operator, right)| format!("{left} {operator} {right}")),
        1 => (operand(), any_of(members), literals())
            .prop_map(|(left, operator, list)| format!("{left} {operator} {list}")),
        1 => (path(), path(), comparison_of_text(), any::<bool>()).prop_map(|(left, inner, condition, is_out)| {
            format!("{left} {} (SELECT {inner} FROM Contact WHERE {condition})", if is_out { "NOT IN" } else { "IN" })
        }),
    ]
}

fn comparison_of_text() -> impl Strategy<Value = String> {
    (path(), text_literal()).prop_map(|(left, right)| format!("{left} = {right}"))
}

fn condition() -> impl Strategy<Value = String> {
    comparison().prop_recursive(4, 16, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone().prop_map(|term| format!("({term})")), 2..4)
                .prop_map(|terms| terms.join(" AND ")),
            prop::collection::vec(inner.clone().prop_map(|term| format!("({term})")), 2..4)
                .prop_map(|terms| terms.join(" or ")),
            inner.prop_map(|term| format!("not ({term})")),
        ]
    })
}

fn item() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => operand(),
        1 => (function(), name()).prop_map(|(function, alias)| format!("{function} {alias}")),
        1 => any_of(["FIELDS(ALL)", "fields(standard)", "FIELDS( CUSTOM )"]),
        1 => (path(), path(), path()).prop_map(|(one, two, other)| {
            format!("TYPEOF Owner WHEN User THEN {one}, {two} WHEN Group THEN {two} ELSE {other} END")
        }),
        1 => (any_of(["MIN", "max", "COUNT", "AVG"]), path()).prop_map(|(function, path)| format!("FORMAT({function}({path})) f")),
        1 => (path(), any_of(["", "Account.", "c."]), comparison_of_text()).prop_map(|(path, parent, condition)| {
            format!("(SELECT {path} FROM {parent}Contacts WHERE {condition})")
        }),
    ]
}

fn groups() -> impl Strategy<Value = String> {
    (any_of(["", "ROLLUP", "cube"]), prop::collection::vec(path(), 1..4), prop::option::of(condition())).prop_map(
        |(subtotals, paths, having)| {
            let paths = paths.join(", ");
            let keys = if subtotals.is_empty() { paths } else { format!("{subtotals}({paths})") };
            format!(" GROUP BY {keys}{}", having.map(|having| format!(" HAVING {having}")).unwrap_or_default())
        },
    )
}

fn orders() -> impl Strategy<Value = String> {
    let ends = ["", " ASC", " desc", " NULLS LAST", " DESC NULLS FIRST", " asc nulls last"];
    prop::collection::vec((operand(), any_of(ends)), 1..4).prop_map(|orders| {
        let orders: Vec<String> = orders.into_iter().map(|(operand, end)| format!("{operand}{end}")).collect();
        format!(" ORDER BY {}", orders.join(" , "))
    })
}

fn some(strategy: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    prop::option::of(strategy).prop_map(Option::unwrap_or_default)
}

fn query() -> impl Strategy<Value = String> {
    let scopes = [
        "",
        " USING SCOPE mine",
        " c",
        " x USING SCOPE everything",
        " c, c.Account a, a.Owner.Profile p USING SCOPE my_team_territory",
        ", Case.Parent x using scope DELEGATED",
    ];
    let ends = ["", " FOR VIEW", " FOR REFERENCE, VIEW", " FOR UPDATE", " UPDATE TRACKING", " ALL ROWS"];
    (
        prop::collection::vec(item(), 1..4),
        any_of(scopes),
        some(condition().prop_map(|condition| format!(" WHERE {condition}"))),
        any_of(["", " WITH SECURITY_ENFORCED", " with user_mode"]),
        some(groups()),
        some(orders()),
        some((0..300_u32).prop_map(|limit| format!(" LIMIT {limit}"))),
        some((0..2_001_u32).prop_map(|offset| format!("\n OFFSET {offset}"))),
        any_of(ends),
    )
        .prop_map(|(items, scope, condition, mode, groups, orders, limit, offset, end)| {
            let items = items.join(", ");
            format!("SELECT {items} FROM Case{scope}{condition}{mode}{groups}{orders}{limit}{offset}{end}")
        })
}

fn search() -> impl Strategy<Value = String> {
    let terms = ["acme", "ac* OR \"two words\"", "a\\}b AND NOT (x1 y2)", "\"", "a", ")"];
    (any_of(terms), path(), comparison_of_text(), orders()).prop_map(|(term, path, condition, orders)| {
        format!(
            "FIND {{{term}}} IN NAME FIELDS RETURNING Case({path} WHERE {condition}{orders} LIMIT 3), Contact LIMIT 9"
        )
    })
}

/// A byte changed, some bytes lost or doubled, or the end cut off: what is left is still text.
fn broken(texts: impl Strategy<Value = String>) -> impl Strategy<Value = String> {
    (texts, prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..4_u8), 1..4)).prop_map(
        |(text, changes)| {
            let mut bytes = text.into_bytes();
            for (place, byte, change) in changes {
                let place = place.index(bytes.len() + 1);
                let end = (place + 7).min(bytes.len());
                match change {
                    0 => drop(bytes.splice(place..end, [byte])),
                    1 => drop(bytes.drain(place..end)),
                    2 => bytes.extend_from_within(place..end),
                    _ => bytes.truncate(place),
                }
            }
            String::from_utf8_lossy(&bytes).into_owned()
        },
    )
}

/// Whatever parses is printed and parsed again; whatever doesn't has a code and a message.
fn feed(text: &str) {
    match parse(text) {
        Ok(_) => assert_printed(text),
        Err(error) => assert!(!error.message.is_empty()),
    }
    if let Err(error) = sosl::parse(text) {
        assert!(!error.message.is_empty());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_printed_query_is_the_same_query(soql in query()) {
        assert_printed(&soql);
    }

    #[test]
    fn random_text_is_no_more_than_an_error(text in any::<String>(), bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        feed(&text);
        feed(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn words_in_a_random_order_are_no_more_than_an_error(
        words in prop::collection::vec(prop_oneof![
            prop::sample::select([
                "SELECT", "FROM", "WHERE", "AND", "OR", "NOT", "IN", "(", ")", ",", ".", ":", "=", "LIKE", "GROUP BY", "ROLLUP", "HAVING",
                "ORDER BY", "LIMIT", "TYPEOF", "WHEN", "THEN", "ELSE", "END", "FIELDS", "FIND {x y}", "RETURNING", "COUNT()", "NULLS",
            ].as_slice()).prop_map(str::to_owned),
            literal(), operand(), name(),
        ], 0..30),
    ) {
        feed(&words.join(" "));
        feed(&format!("SELECT Id FROM Case {}", words.join(" ")));
    }

    #[test]
    fn broken_queries_are_no_more_than_an_error(soql in broken(query())) {
        feed(&soql);
    }

    #[test]
    fn broken_searches_are_no_more_than_an_error(sosl in broken(search())) {
        feed(&sosl);
    }
}
