//! One step of one document: the one match over the stages.

use model::Stage;
use pki::tsa::Tsa;
use register::{Commit, Job};

use crate::{Error, Home, steps};

/// Does the work of a stage and answers what to commit. Nothing is recorded here: a step that dies leaves no trace but its
/// attempt, and is made again.
///
/// # Errors
/// With the disposition that tells the dispatcher what to do.
pub(crate) fn step(home: &Home, tsa: &Tsa<'_>, job: &Job, stage: Stage) -> Result<Vec<Commit>, Error> {
    match stage {
        Stage::Intake => steps::intake::claim(home, job),
        Stage::Recognize => steps::recognize::read(home, job),
        Stage::Describe => steps::describe::describe(home, job),
        Stage::Review => steps::review::review(home, job),
        Stage::Assemble => steps::assemble::assemble(home, job),
        Stage::Certify => steps::certify::seal(home, tsa, job),
        Stage::Augment => steps::augment::raise(home, tsa, job),
        Stage::Preserve => steps::preserve::store(home, job),
        Stage::Index => steps::index::list(home, job),
    }
}
