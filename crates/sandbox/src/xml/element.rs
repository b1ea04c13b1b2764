//! An XML document as a tree, names without their prefixes.

use quick_xml::{Reader, events::Event};

/// Deeper than any SOAP call goes.
const DEEPEST: usize = 32;

#[derive(Debug, Default)]
pub(super) struct Element {
    pub(super) name: String,
    /// The text directly within.
    pub(super) text: String,
    pub(super) children: Vec<Self>,
}

impl Element {
    /// The document's outermost element; `None` when it isn't well-formed.
    pub(super) fn read(body: &str) -> Option<Self> {
        let mut reader = Reader::from_str(body);
        // The first stands for the document.
        let mut open = vec![Self::default()];
        loop {
            match reader.read_event().ok()? {
                Event::Start(start) if open.len() <= DEEPEST => open.push(Self::named(start.local_name().as_ref())),
                Event::Start(_) => return None,
                Event::Empty(start) => {
                    let element = Self::named(start.local_name().as_ref());
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
        if open.is_empty() { document.children.into_iter().next() } else { None }
    }

    fn named(name: &[u8]) -> Self {
        Self { name: String::from_utf8_lossy(name).into_owned(), ..Self::default() }
    }

    /// The first of that name, at any depth.
    pub(super) fn find(&self, name: &str) -> Option<&Self> {
        if self.name == name { Some(self) } else { self.children.iter().find_map(|child| child.find(name)) }
    }
}

#[cfg(test)]
mod tests {
    use super::Element;

    #[test]
    fn text_is_read_with_references_and_sections_and_without_prefixes() {
        let read = Element::read("<a:x><b:y>1 &amp; <![CDATA[<2>]]>&#33;</b:y><z/></a:x>").unwrap();
        assert_eq!(read.find("y").unwrap().text, "1 & <2>!");
        assert_eq!(read.find("z").unwrap().text, "");
    }

    #[test]
    fn what_is_not_a_document_is_nothing() {
        for text in ["", "text", "<a>", "<a></b>", "</a>", "<a>&unknown;</a>", &"<a>".repeat(100_000)] {
            assert!(Element::read(text).is_none(), "{}", text.get(..20).unwrap_or(text));
        }
    }
}
