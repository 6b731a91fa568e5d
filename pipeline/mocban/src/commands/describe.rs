//! `mocban describe`: a reviewer corrects what was read.

use std::{collections::BTreeMap, path::Path};

use conduct::Error;

use crate::{
    commands::hold::{ask_or_do, report},
    control::{Answer, Request},
    ui::Ui,
};

pub(super) fn describe(ui: Ui, root: &Path, id: String, set: &[String], by: String) -> Result<u8, Error> {
    let pairs: Option<BTreeMap<String, String>> = set
        .iter()
        .map(|text| text.split_once('=').map(|(field, value)| (field.trim().to_owned(), value.to_owned())))
        .collect();
    let answer = match pairs {
        Some(set) => ask_or_do(root, Request::Describe { id, set, by })?,
        None => Answer::misspoken("bad-setting"),
    };
    Ok(report(ui, &answer))
}
