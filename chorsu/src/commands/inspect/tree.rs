//! Decoded values as indented lines.

use std::fmt::Write;

use serde_json::{Map, Value};

use crate::tables::printable;

/// Writes an object's fields, each on a line of its own, `depth` steps to the right.
pub(super) fn tree(text: &mut String, value: &Value, depth: usize) {
    let Value::Object(fields) = value else { return };
    for (name, value) in fields {
        entry(text, &name.replace('_', " "), value, depth);
    }
}

fn entry(text: &mut String, name: &str, value: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    // Writing to a String cannot fail.
    let _ = match plain(value) {
        Some(line) => writeln!(text, "{indent}{name}: {line}"),
        None => writeln!(text, "{indent}{name}:"),
    };
    match value {
        _ if plain(value).is_some() => {}
        Value::Array(items) => items.iter().enumerate().for_each(|(number, item)| element(text, number + 1, item, depth + 1)),
        other => tree(text, other, depth + 1),
    }
}

/// One element of a list: a field of a template, a field of a record with its value, or anything else with its number.
fn element(text: &mut String, number: usize, item: &Value, depth: usize) {
    let indent = "  ".repeat(depth);
    if let Some(line) = definition(item) {
        let _ = writeln!(text, "{indent}{line}");
        return;
    }
    match item {
        Value::Array(pair) if is_field(pair) => entry(text, &name(&pair[0]), &pair[1], depth),
        Value::Array(items) => {
            let _ = writeln!(text, "{indent}{number}");
            items.iter().enumerate().for_each(|(number, item)| element(text, number + 1, item, depth + 1));
        }
        Value::Object(_) => {
            let _ = writeln!(text, "{indent}{number}");
            tree(text, item, depth + 1);
        }
        other => entry(text, &number.to_string(), other, depth),
    }
}

/// A field of a template: its name, number, enterprise and length.
fn definition(item: &Value) -> Option<String> {
    let number = |key: &str| item.get(key).and_then(Value::as_u64);
    let (field, length) = (number("field_type_number")?, number("field_length")?);
    let enterprise = number("enterprise_number").map_or_else(String::new, |enterprise| format!(" of enterprise {enterprise}"));
    let length = match length {
        65_535 => "variable".to_owned(),
        1 => "1 octet".to_owned(),
        length => format!("{length} octets"),
    };
    Some(format!("{} ({field}{enterprise}), {length}", item.get("field_type").map(name).unwrap_or_default()))
}

/// Whether a list is a record's field: its name and its value.
fn is_field(pair: &[Value]) -> bool {
    matches!(pair, [Value::String(_) | Value::Object(_), _])
}

/// The name of a field, which may be nested in that of its registry; the registry of all others is not worth a word.
fn name(value: &Value) -> String {
    match value {
        Value::Object(fields) => {
            let parts = fields.iter().map(|(registry, value)| match registry.as_str() {
                "IANA" => name(value),
                registry => format!("{} {}", registry.replace('_', " "), name(value)),
            });
            parts.collect::<Vec<_>>().join(" ")
        }
        other => plain(other).unwrap_or_default(),
    }
}

/// A value that fits a line. What only wraps such a value, as an enumeration's variant does, is left out; octets are written in hexadecimal.
fn plain(value: &Value) -> Option<String> {
    match value {
        Value::Object(fields) => one_line(fields),
        Value::Array(items) if items.iter().any(|item| item.is_object() || item.is_array()) => None,
        Value::Array(items) => Some(octets(items)),
        Value::String(word) => Some(printable(word)),
        other => Some(other.to_string()),
    }
}

fn one_line(fields: &Map<String, Value>) -> Option<String> {
    if let (Some(seconds), Some(nanos), 2) = (fields.get("secs"), fields.get("nanos").and_then(Value::as_u64), fields.len()) {
        return Some(format!("{seconds}.{nanos:09} s"));
    }
    if fields.len() > 1 && fields.values().all(Value::is_boolean) {
        let set = fields.iter().filter(|(_, value)| value.as_bool() == Some(true)).map(|(name, _)| name.as_str());
        return Some(set.collect::<Vec<_>>().join(" "));
    }
    let mut values = fields.values();
    match (values.next(), values.next()) {
        (Some(only), None) => plain(only),
        _ => None,
    }
}

fn octets(items: &[Value]) -> String {
    let hexadecimal = |item: &Value| item.as_u64().filter(|number| *number < 256).map(|number| format!("{number:02x}"));
    let octets: Option<Vec<String>> = items.iter().map(hexadecimal).collect();
    octets.map_or_else(|| Value::from(items).to_string(), |octets| octets.join(" "))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn lines(value: &Value) -> String {
        let mut text = String::new();
        tree(&mut text, value, 0);
        text
    }

    #[test]
    fn records_show_each_field_with_its_value() {
        let record = json!({"fields": [[
            [{"IANA": "SourceIpv4address"}, {"Ip4Addr": "192.0.2.1"}],
            [{"VMWare": {"Unknown": 898}}, {"Vec": [0, 255]}],
            ["TcpFlags", {"TcpControlBits": {"fin": false, "syn": true, "ack": true}}],
            ["First", {"Duration": {"secs": 5, "nanos": 1_000_000}}],
        ]]});
        assert_eq!(
            lines(&record),
            "fields:\n  1\n    SourceIpv4address: 192.0.2.1\n    VMWare Unknown 898: 00 ff\n    TcpFlags: syn ack\n    First: 5.001000000 s\n"
        );
    }

    #[test]
    fn templates_show_each_field_with_its_number_and_length() {
        let template = json!({"template_id": 256, "fields": [
            {"field_type_number": 1, "field_type": {"IANA": "OctetDeltaCount"}, "field_length": 8},
            {"field_type_number": 82, "field_type": "IfName", "field_length": 65_535, "enterprise_number": 9},
        ]});
        let expected = "template id: 256\nfields:\n  OctetDeltaCount (1), 8 octets\n  IfName (82 of enterprise 9), variable\n";
        assert_eq!(lines(&template), expected);
    }

    #[test]
    fn a_capture_cannot_write_to_the_terminal_in_its_own_colours() {
        assert_eq!(lines(&json!({"name": "\u{1b}[31mred\n"})), "name: \\u{1b}[31mred\\n\n");
    }
}
