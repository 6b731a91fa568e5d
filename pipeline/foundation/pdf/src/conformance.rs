//! PDF/A-2 lint of what we emit (ISO 19005-2): a mistake of ours stops here, not in somebody's validator in ten years.

use crate::object::{Dictionary, Object};

/// ISO 19005-2 §6.1.13.
const STRING: usize = 32_767;
const NAME: usize = 127;

/// Adds the faults of a value (with everything directly in it) to `faults`.
pub(crate) fn lint(object: &Object, faults: &mut Vec<String>) {
    match object {
        Object::String(bytes) if bytes.len() > STRING => faults.push(format!("a string of {} bytes", bytes.len())),
        Object::Name(name) => lint_name(name, faults),
        Object::Integer(value) if i32::try_from(*value).is_err() => faults.push(format!("the integer {value}")),
        Object::Array(items) => items.iter().for_each(|item| lint(item, faults)),
        Object::Dictionary(dictionary) => lint_dictionary(dictionary, faults),
        Object::Null
        | Object::Boolean(_)
        | Object::Integer(_)
        | Object::Real(_)
        | Object::String(_)
        | Object::Reference(_) => {}
    }
}

fn lint_name(name: &[u8], faults: &mut Vec<String>) {
    if name.len() > NAME || std::str::from_utf8(name).is_err() {
        faults.push("a name that is too long or not UTF-8".to_owned());
    }
}

/// Adds the faults of a stream.
pub(crate) fn lint_stream(dictionary: &Dictionary, faults: &mut Vec<String>) {
    lint_dictionary(dictionary, faults);
    for key in ["F", "FFilter", "FDecodeParms"] {
        if dictionary.get(key).is_some() {
            faults.push(format!("an external stream (/{key})")); // §6.1.7.1
        }
    }
    if dictionary.is_name("Filter", "LZWDecode") || dictionary.is_name("Filter", "Crypt") {
        faults.push("a forbidden filter".to_owned()); // §6.1.7.2
    }
}

fn lint_dictionary(dictionary: &Dictionary, faults: &mut Vec<String>) {
    for (key, value) in dictionary.iter() {
        lint_name(key, faults);
        lint(value, faults);
    }
    if dictionary.is_name("Subtype", "Widget") {
        lint_widget(dictionary, faults);
    }
    if dictionary.is_name("Type", "Font") && dictionary.get("FontDescriptor").is_none() {
        let composite = dictionary.is_name("Subtype", "Type0") && dictionary.get("DescendantFonts").is_some();
        if !composite {
            faults.push("a font without its program".to_owned()); // §6.2.11.4
        }
        if composite && dictionary.get("ToUnicode").is_none() {
            faults.push("a font whose text has no Unicode".to_owned()); // level u, §6.2.11.7.2
        }
    }
    if dictionary.is_name("Type", "FontDescriptor") && dictionary.get("FontFile2").is_none() {
        faults.push("a font descriptor without a TrueType program".to_owned());
    }
    if dictionary.is_name("Type", "ExtGState") || dictionary.get("SMask").is_some() {
        faults.push("transparency".to_owned());
    }
    if dictionary.is_name("S", "JavaScript") || dictionary.is_name("S", "Launch") {
        faults.push("an action".to_owned()); // §6.5.1
    }
}

/// §6.3: print on, hidden off; an appearance unless the box is empty; no actions.
fn lint_widget(widget: &Dictionary, faults: &mut Vec<String>) {
    let flags = widget.get("F").and_then(Object::as_integer).unwrap_or(0);
    if flags & 4 == 0 || flags & (1 | 2 | 32 | 256) != 0 {
        faults.push(format!("an annotation with flags {flags}"));
    }
    let empty = widget.get("Rect").and_then(crate::page::rectangle).is_some_and(|[a, b, c, d]| a >= c && b >= d);
    let normal = widget.get("AP").and_then(Object::as_dictionary).is_some_and(|appearance| {
        appearance.len() == 1 && appearance.get("N").and_then(Object::as_reference).is_some()
    });
    if !empty && !normal {
        faults.push("an annotation without exactly a normal appearance".to_owned());
    }
    if widget.get("A").is_some() || widget.get("AA").is_some() {
        faults.push("an annotation with an action".to_owned());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(dictionary: Dictionary) -> Vec<String> {
        let mut faults = Vec::new();
        lint(&Object::Dictionary(dictionary), &mut faults);
        faults
    }

    #[test]
    fn mistakes_are_named() {
        let widget = Dictionary::new().with("Subtype", Object::name("Widget"));
        let empty = Object::numbers(&[0.0, 0.0, 0.0, 0.0]);
        assert_eq!(faults(widget.clone().with("F", 132_i64).with("Rect", empty)), Vec::<String>::new());
        assert_eq!(faults(widget).len(), 2);
        assert_eq!(faults(Dictionary::new().with("X", Object::String(vec![0; 40_000]))), ["a string of 40000 bytes"]);
        assert_eq!(faults(Dictionary::new().with("Type", Object::name("ExtGState"))), ["transparency"]);
        assert_eq!(faults(Dictionary::new().with("X", 1_i64 << 40)), ["the integer 1099511627776"]);
    }
}
