//! Messages as names and values, to compare them with what others decoded.

use std::collections::BTreeMap;

use oxberry_core::xdp::{FieldValue, Message};
use serde_json::Value;

/// The fields of a message by name.
pub(crate) fn fields(message: &Message) -> BTreeMap<&'static str, Value> {
    let mut fields = BTreeMap::new();
    message.fields(&mut |name, value| {
        let value = match value {
            FieldValue::Unsigned(number) => Value::from(number),
            FieldValue::Signed(number) => Value::from(number),
            FieldValue::Char(code) => Value::from(char::from(code).to_string()),
            FieldValue::Text(text) => Value::from(String::from_utf8_lossy(text)),
        };
        assert_eq!(
            fields.insert(name, value),
            None,
            "two fields are called {name}"
        );
    });
    fields
}

/// The name that docs/wire-format.md gives a field, in snake case: `SSRFilingPrice` is
/// `ssr_filing_price`.
pub(crate) fn snake_case(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    let mut snake = String::new();
    for (index, &letter) in letters.iter().enumerate() {
        let after_word = index > 0 && !letters[index - 1].is_ascii_uppercase();
        let before_word = index > 0 && letters.get(index + 1).is_some_and(char::is_ascii_lowercase);
        if letter.is_ascii_uppercase() && (after_word || before_word) {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    // The one name whose words its letters do not show.
    snake.replace("order_idgtc", "order_id_gtc")
}

/// Text as the wire has it, without padding.
pub(crate) fn unpadded(value: &Value) -> Value {
    match value.as_str() {
        Some(text) if text.chars().count() > 1 => {
            let text = text.split('\0').next().unwrap_or_default();
            Value::from(text.trim_end_matches(' '))
        }
        _ => value.clone(),
    }
}
