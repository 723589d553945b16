//! A key of a configuration file that has one text, or a list of them.

use std::fmt;

use serde::Deserializer;
use serde::de::{SeqAccess, Visitor};

/// Reads such a key: `"one"` is as good as `["one"]`.
///
/// # Errors
///
/// When the value is neither.
pub fn one_or_several<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Vec<String>>, D::Error> {
    deserializer.deserialize_any(OneOrSeveral).map(Some)
}

struct OneOrSeveral;

impl<'de> Visitor<'de> for OneOrSeveral {
    type Value = Vec<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text in quotes, or a list of them")
    }

    fn visit_str<E>(self, one: &str) -> Result<Self::Value, E> {
        Ok(vec![one.to_owned()])
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut several: A) -> Result<Self::Value, A::Error> {
        let mut all = Vec::new();
        while let Some(one) = several.next_element()? {
            all.push(one);
        }
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use clap::Args;
    use serde::Deserialize;

    use super::one_or_several;
    use crate::options_of_file;

    #[derive(Args, Debug, Default, Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    struct Options {
        #[arg(long)]
        #[serde(default, deserialize_with = "one_or_several")]
        stock: Option<Vec<String>>,
    }

    fn read(text: &str) -> Result<Option<Vec<String>>, String> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        let options = options_of_file::<Options>(Some(file.path()));
        let options = options.map_err(|error| error.to_string());
        options.map(|options| options.stock)
    }

    #[test]
    fn one_text_is_a_list_of_one() {
        let one = Some(vec![String::from("a")]);
        assert_eq!(read("stock = 'a'").unwrap(), one);
        assert_eq!(read("stock = ['a']").unwrap(), one);
        assert_eq!(read("stock = ['a', 'b']").unwrap().unwrap().len(), 2);
        assert_eq!(read("").unwrap(), None);
    }

    #[test]
    fn another_value_is_told_with_what_would_do() {
        let said = read("\nstock = 7").unwrap_err();
        assert!(
            said.ends_with("2: stock is 7, but must be a text in quotes, or a list of them"),
            "{said}"
        );
        let said = read("stock = ['a', 7]").unwrap_err();
        assert!(
            said.contains("1: stock is 7, but must be in quotes"),
            "{said}"
        );
    }
}
