//! `multipart/form-data` and `multipart/mixed` bodies, cut into their parts without copying them.

use axum::body::Bytes;

use crate::error::ApiError;

const MOST_PARTS: usize = 20;

pub(crate) struct Part {
    /// As its `Content-Disposition` says; empty when it says none.
    pub(crate) name: String,
    pub(crate) file_name: Option<String>,
    pub(crate) bytes: Bytes,
}

pub(crate) fn is_multipart(content_type: &str) -> bool {
    content_type.trim_start().to_ascii_lowercase().starts_with("multipart/")
}

fn malformed(message: &str) -> ApiError {
    ApiError::bad("INVALID_MULTIPART_REQUEST", message)
}

/// The value of `name=…` or `name="…"` among the parameters of a header.
fn parameter(header: &str, name: &str) -> Option<String> {
    let mut rest = header;
    while let Some((_, after)) = rest.split_once(';') {
        let after = after.trim_start();
        let (key, value) = after.split_once('=')?;
        if let Some(quoted) = value.strip_prefix('"') {
            let (value, following) = quoted.split_once('"')?;
            if key.trim().eq_ignore_ascii_case(name) {
                return Some(value.to_owned());
            }
            rest = following;
        } else {
            if key.trim().eq_ignore_ascii_case(name) {
                return Some(value.split(';').next().unwrap_or_default().trim().to_owned());
            }
            rest = value;
        }
    }
    None
}

fn find(text: &[u8], wanted: &[u8], from: usize) -> Option<usize> {
    let first = *wanted.first()?;
    let mut at = from;
    loop {
        at += text.get(at..)?.iter().position(|byte| *byte == first)?;
        if text.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        at += 1;
    }
}

/// # Errors
/// There is no boundary, or the body isn't cut by it as it should be.
pub(crate) fn parts(content_type: &str, body: &Bytes) -> Result<Vec<Part>, ApiError> {
    let boundary = parameter(content_type, "boundary")
        .filter(|boundary| !boundary.is_empty() && boundary.len() <= 200)
        .ok_or_else(|| malformed("The content type names no boundary"))?;
    let delimiter = format!("\r\n--{boundary}");
    // The first delimiter may stand at the very start, where no line ends before it.
    let opening = delimiter.trim_start();
    let mut at = if body.starts_with(opening.as_bytes()) {
        opening.len()
    } else {
        find(body, delimiter.as_bytes(), 0).ok_or_else(|| malformed("The boundary isn't found in the body"))?
            + delimiter.len()
    };
    let mut parts = Vec::new();
    loop {
        let rest = body.get(at..).unwrap_or_default();
        if rest.starts_with(b"--") {
            return Ok(parts);
        }
        if parts.len() == MOST_PARTS {
            return Err(malformed("There are too many parts"));
        }
        let line_end = find(body, b"\r\n", at).ok_or_else(|| malformed("A part has no end"))?;
        let end = find(body, delimiter.as_bytes(), line_end).ok_or_else(|| malformed("A part has no end"))?;
        let head_end = find(body, b"\r\n\r\n", line_end)
            .filter(|head_end| *head_end <= end)
            .ok_or_else(|| malformed("A part has no headers"))?;
        let head = std::str::from_utf8(body.get(line_end..head_end).unwrap_or_default())
            .map_err(|_| malformed("The headers of a part aren't text"))?;
        let header = |name: &str| {
            head.split("\r\n")
                .filter_map(|line| line.split_once(':'))
                .find(|(key, _)| key.trim().eq_ignore_ascii_case(name))
                .map_or("", |(_, value)| value.trim())
        };
        let disposition = header("content-disposition");
        parts.push(Part {
            name: parameter(disposition, "name").unwrap_or_default(),
            file_name: parameter(disposition, "filename"),
            bytes: if head_end + 4 <= end { body.slice(head_end + 4..end) } else { Bytes::new() },
        });
        at = end + delimiter.len();
    }
}

#[cfg(test)]
mod tests {
    use axum::body::Bytes;
    use proptest::prelude::*;

    use super::parts;

    #[test]
    fn parts_keep_their_names_and_bytes() {
        let body = "--b1\r\nContent-Disposition: form-data; name=\"x\"; filename=\"a;b.txt\"\r\nContent-Type: text/plain\r\n\r\n\
                    one\r\n--b2\r\ntwo\r\n--b1\r\ncontent-disposition: form-data; name=y\r\n\r\n\r\n--b1--\r\n";
        let parts = parts("multipart/form-data; charset=x; boundary=\"b1\"", &Bytes::from(body)).unwrap();
        let shown: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.bytes.as_ref())).collect();
        assert_eq!(shown, [("x", &b"one\r\n--b2\r\ntwo"[..]), ("y", &b""[..])]);
        assert_eq!(parts[0].file_name.as_deref(), Some("a;b.txt"));
    }

    proptest! {
        #[test]
        fn hostile_bodies_never_panic(
            pieces in prop::collection::vec(prop::sample::select(vec!["--b", "\r\n", "--", ":", "name=\"", ";", "x", "content-disposition"]), 0..40),
            content_type in "multipart/(form-data|mixed); ?(boundary=\"?b?\"?)?",
        ) {
            drop(parts(&content_type, &Bytes::from(pieces.concat())));
        }
    }
}
