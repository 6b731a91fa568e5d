//! The path template: which folder level is a document, and what the levels above it are called.

use std::{collections::BTreeMap, path::Path};

use crate::{Error, names::encode_name};

/// A parsed template, as `{fonds}/{inventory}/{file}/{document}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    levels: Vec<String>,
}

impl Template {
    /// Parses a template: names in braces, the last one `{document}`.
    ///
    /// # Errors
    /// [`Error::Template`].
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refused = || Error::Template { template: text.to_owned() };
        let levels: Vec<String> = text
            .split('/')
            .map(|level| level.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or_else(refused)?;
        let named = levels.iter().all(|level| !level.is_empty() && level.chars().all(|c| c.is_ascii_lowercase()));
        if named && levels.last().is_some_and(|last| last == "document") { Ok(Self { levels }) } else { Err(refused()) }
    }

    /// How many path elements lead to a document.
    pub fn depth(&self) -> usize {
        self.levels.len()
    }

    /// What the elements of a document's path say.
    pub(crate) fn read(&self, below: &Path) -> BTreeMap<String, String> {
        self.levels.iter().zip(below.iter()).map(|(level, element)| (level.clone(), encode_name(element))).collect()
    }
}
