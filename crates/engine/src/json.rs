//! Reading JSON that others wrote, and saying what is wrong with it in their words: which member is to blame and what belongs there.
//! What a parser says of itself ("expected struct Record with 7 elements") reaches nobody.

use serde::de::{DeserializeOwned, IgnoredAny};

/// What is wrong with some JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JsonProblem {
    /// The member to blame, as `organizations[1]`; none where it is the whole.
    pub member: Option<String>,
    pub sentence: String,
}

impl JsonProblem {
    fn whole(sentence: impl Into<String>) -> Self {
        Self { member: None, sentence: sentence.into() }
    }

    /// The same where no field stands beside it.
    pub fn told(self) -> String {
        match self.member {
            Some(member) => format!("{member}: {}", self.sentence),
            None => self.sentence,
        }
    }
}

/// One object, and nothing after it.
///
/// # Errors
/// It isn't JSON, or not of the shape of `T`.
pub fn read_json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, JsonProblem> {
    // Serde would take a list of the members' values for an object, too.
    if bytes.trim_ascii_start().first() == Some(&b'[') {
        return Err(JsonProblem::whole("This is a list. Send an object."));
    }
    if let Err(error) = serde_json::from_slice::<IgnoredAny>(bytes) {
        return Err(JsonProblem::whole(not_json(&error)));
    }
    let mut json = serde_json::Deserializer::from_slice(bytes);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        let told = error.into_inner().to_string();
        // Where in the text is of no use to people; which member is said beside it.
        let told = told.rsplit_once(" at line ").map_or(told.as_str(), |(told, _)| told);
        if told.contains("surrogate") || told.contains("hex escape") {
            return JsonProblem::whole("This is not JSON: a \\u escape stands for half a character.");
        }
        let named = ["missing field `", "duplicate field `"].into_iter().find_map(|begins| told.strip_prefix(begins));
        let member = match (named.and_then(|name| name.strip_suffix('`')), path.as_str()) {
            // Of what is missing, or there twice, the path ends at the object it belongs to.
            (Some(name), ".") => Some(name.to_owned()),
            (Some(name), place) => Some(format!("{place}.{name}")),
            (None, ".") => None,
            (None, member) => Some(member.to_owned()),
        };
        JsonProblem { sentence: sentence(told), member }
    })
}

fn not_json(error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "This is not JSON: it ends too early.".to_owned();
    }
    if error.to_string().starts_with("trailing characters") {
        return "Something follows the JSON. Send one object.".to_owned();
    }
    format!("This is not JSON: it goes wrong at line {}, column {}.", error.line(), error.column())
}

/// From serde's language into ours. What was sent is never repeated: it may be anything.
fn sentence(told: &str) -> String {
    // The last one, for what was sent may hold these words as well.
    let expected = told.rsplit_once(", expected ").map(|(_, expected)| expected);
    if told.starts_with("missing field `") {
        "It is missing.".to_owned()
    } else if told.starts_with("duplicate field `") {
        "It is given more than once. Give it once.".to_owned()
    } else if told.starts_with("unknown field `") {
        format!("There is no such member. There may be {}.", listed(expected.unwrap_or_default()))
    } else if told.starts_with("unknown variant `") {
        format!("It can't be that. Give {}.", listed(expected.unwrap_or_default()))
    } else if told == "expected value" {
        // All that is said of something else where one of several names belongs.
        "It is of the wrong kind. Give text.".to_owned()
    } else if told.starts_with("UUID parsing failed") {
        "That is not a UUID.".to_owned()
    } else if let (Some(expected), true) = (expected, told.starts_with("invalid ")) {
        format!("It is of the wrong kind. Give {}.", kind(expected))
    } else if told.ends_with('.') && told.starts_with(char::is_uppercase) {
        // A sentence of a type of ours.
        told.to_owned()
    } else {
        "It is of the wrong kind.".to_owned()
    }
}

/// "one of `a`, `b`" and "`a` or `b`", as "a or b".
fn listed(expected: &str) -> String {
    let names: Vec<&str> = expected.split('`').skip(1).step_by(2).collect();
    match names.as_slice() {
        [] => "nothing else".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

fn kind(expected: &str) -> &str {
    match expected {
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" => "an object",
        "unit" => "null",
        "a string" | "a borrowed string" | "a character" | "string or map" => "text",
        "a formatted UUID string" => "a UUID",
        expected if expected.starts_with("struct ") || expected.starts_with("tuple ") => "an object",
        expected if expected.contains("UUID") => "a UUID",
        expected if expected.starts_with("enum ") || expected.starts_with("variant ") => "text",
        expected if is_number(expected) => "a number",
        expected => expected,
    }
}

fn is_number(expected: &str) -> bool {
    expected.strip_prefix(['u', 'i', 'f']).is_some_and(|bits| bits.parse::<u16>().is_ok())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Record {
        Course(#[expect(dead_code, reason = "only that it is read matters")] Course),
        Run(#[expect(dead_code, reason = "only that it is read matters")] Course),
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only that it is read matters")]
    struct Course {
        uuid: domain::CourseId,
        title: String,
        status: Option<Status>,
        organizations: Option<Vec<String>>,
        count: Option<u32>,
        open: Option<bool>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        Live,
        Dead,
    }

    fn told(line: &str) -> String {
        read_json::<Record>(line.as_bytes()).unwrap_err().told()
    }

    #[test]
    fn what_is_wrong_is_said_in_words_of_the_api_with_the_member_named() {
        const ID: &str = "5b6e2d1c-0000-4000-8000-000000000001";
        assert!(read_json::<Record>(format!(r#"{{"course":{{"uuid":"{ID}","title":"t"}}}}"#).as_bytes()).is_ok());
        let with = |member: &str| told(&format!(r#"{{"course":{{"uuid":"{ID}","title":"t",{member}}}}}"#));
        for (said, words) in [
            (told(r#"{"type":"course"}"#), "It can't be that. Give course or run."),
            (told("[]"), "This is a list. Send an object."),
            (told(r#"{"course":[]}"#), "course: It is of the wrong kind. Give an object."),
            (told(r#"{"course":5}"#), "course: It is of the wrong kind. Give an object."),
            (told(r#"{"course":{}}"#), "course.uuid: It is missing."),
            (told(r#"{"course":{"uuid":"x"}}"#), "course.uuid: That is not a UUID."),
            (told(r#"{"course":{"uuid":5}}"#), "course.uuid: It is of the wrong kind. Give a UUID."),
            (with(r#""title":"again""#), "course.title: It is given more than once. Give it once."),
            (with(r#""status":"dying`, expected `x""#), "course.status: It can't be that. Give live or dead."),
            (with(r#""status":5"#), "course.status: It is of the wrong kind. Give text."),
            (with(r#""organizations":"MITx""#), "course.organizations: It is of the wrong kind. Give a list."),
            (with(r#""organizations":["a",{}]"#), "course.organizations[1]: It is of the wrong kind. Give text."),
            (with(r#""count":-1"#), "course.count: It is of the wrong kind. Give a number."),
            (with(r#""open":"yes""#), "course.open: It is of the wrong kind. Give true or false."),
            (
                with(r#""colour":1"#),
                "course.colour: There is no such member. There may be uuid, title, status, organizations, count or open.",
            ),
            (told("{"), "This is not JSON: it ends too early."),
            (told("nul"), "This is not JSON: it ends too early."),
            (told("{\n x}"), "This is not JSON: it goes wrong at line 2, column 2."),
            (told("{} x"), "Something follows the JSON. Send one object."),
            (with(r#""organizations":["\ud800"]"#), "This is not JSON: a \\u escape stands for half a character."),
        ] {
            assert_eq!(said, words);
        }
    }
}
