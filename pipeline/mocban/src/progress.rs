//! What `run` and `serve` show while they work: a bar on a terminal, plain lines elsewhere.

use std::sync::atomic::{AtomicU64, Ordering};

use conduct::{card, dispatcher::Progress};
use indicatif::{ProgressBar, ProgressStyle};
use model::{Stage, stage::JobState};

use crate::ui::Ui;

/// Shows progress on standard error.
pub(crate) struct Shown {
    ui: Ui,
    bar: Option<ProgressBar>,
    steps: AtomicU64,
}

impl Shown {
    pub(crate) fn new(ui: Ui) -> Self {
        let bar = Ui::watched().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) = ProgressStyle::with_template("[{elapsed_precise}] {bar:30} {pos}/{len} {msg}") {
                bar.set_style(style);
            }
            bar
        });
        Self { ui, bar, steps: AtomicU64::new(0) }
    }

    pub(crate) fn tell(&self, progress: &Progress<'_>) {
        match progress {
            Progress::Started { job, stage } => {
                if let Some(bar) = &self.bar {
                    if *stage == Stage::Intake {
                        bar.inc_length(Stage::ALL.len() as u64);
                    }
                    bar.set_message(format!(
                        "{} · {}",
                        self.ui.text(&format!("stage-{}", stage.name()), &[]),
                        job.source
                    ));
                }
            }
            Progress::Moved { job, stage } => {
                self.steps.fetch_add(1, Ordering::Relaxed);
                if let Some(bar) = &self.bar {
                    bar.inc(1);
                }
                if !matches!(job.state, JobState::Ready(_)) {
                    self.end(job, *stage);
                }
            }
        }
    }

    fn end(&self, job: &register::Job, stage: Stage) {
        let (_, reason) = card::place(&job.state);
        let state = self.ui.text(&format!("state-{}", card::state_name(&job.state)), &[]);
        let stage = self.ui.text(&format!("stage-{}", stage.name()), &[]);
        let reason = reason.map(|reason| format!(" ({})", self.ui.text(&format!("reason-{reason}"), &[])));
        let source = messages::visible(&job.source);
        let line = format!("{source}: {stage} → {state}{}", reason.unwrap_or_default());
        match &self.bar {
            Some(bar) => bar.println(line),
            None => Ui::aside(&line),
        }
    }

    pub(crate) fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
