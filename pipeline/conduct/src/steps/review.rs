//! Review: a person approves, or the settings say that nobody does and the transfer note tells so.

use config::ReviewMode;
use model::Stage;
use register::{Commit, Job};
use serde_json::json;

use crate::{
    Error, Home,
    steps::{card_text, facts, finished},
};

/// Goes on when nobody reviews, or when a person has approved.
pub(crate) fn review(home: &Home, job: &Job) -> Result<Vec<Commit>, Error> {
    let reviewed = match (home.settings.review.mode, card_text(job, "decision")) {
        (ReviewMode::None, _) => "not reviewed",
        (ReviewMode::Every, Some("approve")) => card_text(job, "decided_by").unwrap_or("unknown"),
        (ReviewMode::Every, _) => return Err(Error::Review),
    };
    Ok(vec![finished(Stage::Review, facts([("reviewed", json!(reviewed))]))])
}
