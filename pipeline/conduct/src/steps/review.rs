//! Review: a person approves, or the settings say that nobody does and the transfer note tells so.

use config::ReviewMode;
use model::{Cause, Stage};
use register::{Commit, Job};
use serde_json::json;

use crate::{
    Error, Home, decide,
    steps::{facts, finished},
};

/// Goes on when nobody reviews, or when a person has approved.
pub(crate) fn review(home: &Home, job: &Job) -> Result<Vec<Commit>, Error> {
    let approved = job.document.and_then(|document| decide::recorded(job, Cause::Review.code(), document));
    let reviewed = match (home.settings.review.mode, approved) {
        (_, Some(approved)) => approved.by,
        (ReviewMode::None, None) => "not reviewed".to_owned(),
        (ReviewMode::Every, None) => return Err(Error::Review),
    };
    Ok(vec![finished(Stage::Review, facts([("reviewed", json!(reviewed))]))])
}
