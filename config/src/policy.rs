//! Policy profiles: every place, label and limit the law leaves to data, each with its source and status.

use std::path::Path;

use serde::Deserialize;

use crate::error::{Error, Fault, Faults};

const PARTY_754: &str = include_str!("../policy/party-754.toml");

/// How sure we are of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// An article says so.
    Law,
    /// Seen in use.
    Practice,
    /// Ours until an appendix is found.
    Assumed,
}

/// A value with its source.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sourced<T> {
    /// The value.
    pub value: T,
    /// Where it comes from.
    pub source: String,
    /// How sure we are.
    pub status: Status,
}

/// The corner the mark is anchored to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Corner {
    /// Điều 13.3.
    TopLeft,
}

/// One size of the mark.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkSize {
    /// Name.
    pub name: String,
    /// Width, mm.
    pub width_mm: f64,
    /// Height, mm.
    pub height_mm: f64,
}

/// One profile.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Policy {
    /// Its name.
    pub name: String,
    /// Role of the key.
    pub role: Sourced<String>,
    /// Page the mark stands on.
    pub page: Sourced<u32>,
    /// Corner.
    pub corner: Sourced<Corner>,
    /// Sizes, largest first.
    pub sizes: Sourced<Vec<MarkSize>>,
    /// Blank distance around the mark, mm.
    pub clearance_mm: Sourced<f64>,
    /// Farthest from both edges that is still the corner, mm.
    pub corner_mm: Sourced<f64>,
    /// Zone width, share of the page.
    pub zone_width: Sourced<f64>,
    /// Zone height, share of the page.
    pub zone_height: Sourced<f64>,
    /// Height of the top strip, mm.
    pub strip_mm: Sourced<f64>,
    /// Width of the left margin, share of the page.
    pub margin_width: Sourced<f64>,
    /// Largest connected ink that is dust, mm.
    pub ink_mm: Sourced<f64>,
    /// Largest dark share.
    pub dark_share: Sourced<f64>,
    /// Whether the mark carries an image (Điều 3.15).
    pub image: Sourced<bool>,
}

impl Policy {
    /// Loads a profile: `policy/NAME.toml` of the home wins over the built-in one.
    ///
    /// # Errors
    /// [`Error::Read`] for an unknown profile, [`Error::Faulty`] for one that cannot be understood.
    pub fn load(home: &Path, name: &str) -> Result<Self, Error> {
        let path = home.join("policy").join(format!("{name}.toml"));
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound && name == "party-754" => PARTY_754.to_owned(),
            Err(source) => return Err(Error::Read { path, source }),
        };
        toml::from_str(&text).map_err(|e: toml::de::Error| {
            let before = e.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
            let fault =
                Fault { line: before.matches('\n').count() + 1, what: e.message().into(), allowed: String::new() };
            Error::Faulty { path, faults: Faults(vec![fault]) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_profile_loads_and_names_its_sources() {
        let policy = Policy::load(Path::new("/nowhere"), "party-754").expect("built in");
        assert_eq!(policy.sizes.value.len(), 4);
        assert_eq!(policy.corner.status, Status::Law);
        assert!(!policy.clearance_mm.source.is_empty());
        assert!(Policy::load(Path::new("/nowhere"), "unknown").is_err());
    }
}
