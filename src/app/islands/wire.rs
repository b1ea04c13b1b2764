//! JSON in the browser, read and written by the browser's own parser.
//!
//! serde would bring its parser, number formatting and error texts along: a fifth of the program. What is read here is what the same program wrote.

use std::str::FromStr;

use leptos::{
    wasm_bindgen::JsValue,
    web_sys::js_sys::{Array, JSON, Object, Reflect},
};

/// A JSON value. Asking a value for what it is not gives nothing.
pub(super) struct Json(JsValue);

impl Json {
    pub(super) fn parse(text: &str) -> Option<Self> {
        JSON::parse(text).ok().map(Self)
    }

    pub(super) fn at(&self, name: &str) -> Self {
        Self(Reflect::get(&self.0, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED))
    }

    pub(super) fn text(&self) -> Option<String> {
        self.0.as_string()
    }

    pub(super) fn number(&self) -> Option<f64> {
        self.0.as_f64()
    }

    pub(super) fn is_true(&self) -> bool {
        self.0.is_truthy()
    }

    /// An id, a key: what is written as text and read back.
    pub(super) fn parsed<T: FromStr>(&self) -> Option<T> {
        self.text()?.parse().ok()
    }

    pub(super) fn each<T: FromJson>(&self) -> Option<Vec<T>> {
        Array::is_array(&self.0).then(|| Array::from(&self.0).iter().map(|item| T::from_json(&Self(item))).collect())?
    }
}

pub(super) trait FromJson: Sized {
    /// None when something needed is missing.
    fn from_json(json: &Json) -> Option<Self>;
}

/// An object of texts; None is null.
pub(super) fn object(fields: &[(&str, Option<String>)]) -> String {
    let object = Object::new();
    for (name, value) in fields {
        let value = value.as_deref().map_or(JsValue::NULL, JsValue::from_str);
        // Fails on a frozen object only, and this one is ours.
        let _ = Reflect::set(&object, &JsValue::from_str(name), &value);
    }
    JSON::stringify(&object).map(Into::into).unwrap_or_default()
}
