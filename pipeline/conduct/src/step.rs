//! One step of a document, or of several that go together: the one match over the stages.

use model::Stage;
use pki::tsa::Tsa;
use register::{Commit, Job};

use crate::{Error, Home, steps};

/// What a job's step came to: what to commit, or why not.
pub(crate) type Answer<'j> = (&'j Job, Result<Vec<Commit>, Error>);

/// Does the work of a stage and answers what to commit, for each job. Nothing is recorded here: a step that dies leaves no trace
/// but its attempt, and is made again. Errors come with the disposition that tells the dispatcher what to do.
pub(crate) fn step<'j>(home: &Home, tsa: &Tsa<'_>, jobs: &'j [Job], stage: Stage) -> Vec<Answer<'j>> {
    let each = |work: &dyn Fn(&Job) -> Result<Vec<Commit>, Error>| jobs.iter().map(|job| (job, work(job))).collect();
    match stage {
        Stage::Intake => each(&|job| steps::intake::claim(home, job)),
        Stage::Recognize => each(&|job| steps::recognize::read(home, job)),
        Stage::Describe => each(&|job| steps::describe::describe(home, job)),
        Stage::Review => each(&|job| steps::review::review(home, job)),
        Stage::Assemble => each(&|job| steps::assemble::assemble(home, job)),
        Stage::Certify => each(&|job| steps::certify::seal(home, tsa, job)),
        Stage::Augment => each(&|job| steps::augment::raise(home, tsa, job)),
        Stage::Preserve => steps::preserve::store(home, jobs),
        Stage::Index => steps::index::list(home, jobs),
    }
}
