//! An XML document as a tree, names without their prefixes.

use quick_xml::{
    Reader,
    events::{BytesStart, Event},
};

/// Deeper than any call, job or row goes.
const DEEPEST: usize = 32;

#[derive(Debug, Default)]
pub(crate) struct Element {
    pub(crate) name: String,
    /// The text directly within.
    pub(crate) text: String,
    pub(crate) children: Vec<Self>,
    /// `xsi:nil="true"`
    pub(crate) is_nil: bool,
}

impl Element {
    /// The document's outermost element; `None` when it isn't well-formed, or declares entities of its own.
    pub(crate) fn read(body: &str) -> Option<Self> {
        let mut reader = Reader::from_str(body.trim_start_matches('\u{feff}').trim_start());
        // The first stands for the document.
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() <= DEEPEST => open.push(Self::opened(&start)?),
                Event::Start(_) | Event::DocType(_) => return None,
                Event::Empty(start) => {
                    let element = Self::opened(&start)?;
                    open.last_mut()?.children.push(element);
                }
                Event::End(_) => {
                    let element = open.pop()?;
                    open.last_mut()?.children.push(element);
                }
                Event::Text(text) => open.last_mut()?.text.push_str(&text.xml10_content().ok()?),
                Event::CData(text) => open.last_mut()?.text.push_str(&text.xml10_content().ok()?),
                Event::GeneralRef(reference) => {
                    let text = &mut open.last_mut()?.text;
                    match reference.resolve_char_ref().ok()? {
                        Some(character) => text.push(character),
                        None => text.push_str(quick_xml::escape::resolve_predefined_entity(&reference.decode().ok()?)?),
                    }
                }
                Event::Eof => break,
                _ => {}
            }
        }
        let document = open.pop()?;
        match document.children.len() {
            1 if open.is_empty() => document.children.into_iter().next(),
            _ => None,
        }
    }

    fn opened(start: &BytesStart<'_>) -> Option<Self> {
        let mut is_nil = false;
        for attribute in start.attributes() {
            let attribute = attribute.ok()?;
            let is_true = matches!(attribute.value.as_ref(), b"true" | b"1");
            is_nil |= attribute.key.local_name().as_ref() == b"nil" && is_true;
        }
        let name = String::from_utf8_lossy(start.local_name().as_ref()).into_owned();
        Some(Self { name, is_nil, ..Self::default() })
    }

    /// The first of that name, at any depth.
    pub(crate) fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name { Some(self) } else { self.children.iter().find_map(|child| child.find(name)) }
    }
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn text_is_read_with_references_and_sections_and_without_prefixes() {
        let read =
            Element::read("\u{feff} <a:x><b:y>1 &amp; <![CDATA[<2>]]>&#33;</b:y><z/><w c:nil='1'/></a:x>").unwrap();
        assert_eq!(read.find("y").unwrap().text, "1 & <2>!");
        assert_eq!((read.find("z").unwrap().text.as_str(), read.find("z").unwrap().is_nil), ("", false));
        assert!(read.find("w").unwrap().is_nil);
    }

    #[test]
    fn what_is_not_a_document_is_nothing() {
        let entity = "<!DOCTYPE a [<!ENTITY b \"c\">]><a/>";
        let deep = "<a>".repeat(100_000);
        for text in ["", "text", "<a>", "<a></b>", "</a>", "<a/><a/>", "<a>&unknown;</a>", entity, &deep] {
            assert!(Element::read(text).is_none(), "{}", text.get(..20).unwrap_or(text));
        }
    }
}
