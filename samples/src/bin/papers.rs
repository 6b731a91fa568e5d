//! Makes sample papers below a directory, and their truth beside it.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand, ValueEnum};
use samples::authority::{Agency, Home};
use samples::papers::{
    Written,
    fonts::Fonts,
    make,
    recipe::{self, Set, recipes, signed_recipes},
    score::{character_error_rate, character_error_rate_any_order},
    truth::Truth,
    write_texts,
};

/// Sample papers with known truth.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Writes an inbound tree `fonds/inventory/file/document`, and the truth of each document outside it.
    Make {
        /// The inbound directory.
        #[arg(long)]
        to: PathBuf,
        /// Where the truth goes [default: `truth` beside the inbound directory].
        #[arg(long)]
        truth: Option<PathBuf>,
        /// Which documents.
        #[arg(long, value_enum, default_value_t = Name::Demo)]
        set: Name,
        /// Seed: the same seed writes the same bytes.
        #[arg(long, default_value_t = 754)]
        seed: u64,
        /// Documents of the bench set.
        #[arg(long, default_value_t = 200)]
        count: u32,
        /// Pages of each document of the bench set.
        #[arg(long, default_value_t = 3)]
        pages: u32,
        /// Files of the bench set.
        #[arg(long, value_enum, default_value_t = Form::Colour)]
        form: Form,
        /// Directory of the Liberation fonts, version 2.
        #[arg(long, default_value = "/usr/share/fonts/truetype/liberation2")]
        fonts: PathBuf,
        /// Home with a demo authority: adds papers that came signed by another agency.
        #[arg(long, value_name = "HOME")]
        authority: Option<PathBuf>,
    },
    /// Writes texts without pictures, `pages.jsonl`, and questions about them, `queries.jsonl`.
    Texts {
        /// The directory.
        #[arg(long)]
        to: PathBuf,
        /// How many pages.
        #[arg(long, default_value_t = 1000)]
        pages: u32,
        /// Seed: the same seed writes the same bytes.
        #[arg(long, default_value_t = 754)]
        seed: u64,
    },
    /// Compares what was read with the truth: prints one JSON object with character error rates in percent.
    Score {
        /// The truth directory.
        #[arg(long)]
        truth: PathBuf,
        /// Texts as read: `SOURCE.txt` for each document, a form feed between pages.
        #[arg(long)]
        read: PathBuf,
    },
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    /// About 8 documents, 10 pages.
    Small,
    /// About 20 documents with the odd ones.
    Demo,
    /// Everything.
    Full,
    /// Plain documents, as many as asked.
    Bench,
}

#[derive(Clone, Copy, ValueEnum)]
enum Form {
    /// JPEG in colour.
    Colour,
    /// JPEG in grey.
    Grey,
    /// TIFF, Group 4 in one strip.
    Group4,
    /// TIFF, Group 4 in many strips.
    Group4Strips,
}

impl From<Form> for recipe::Form {
    fn from(form: Form) -> Self {
        match form {
            Form::Colour => Self::Colour,
            Form::Grey => Self::Grey,
            Form::Group4 => Self::Group4,
            Form::Group4Strips => Self::Group4Strips,
        }
    }
}

fn main() -> Result<()> {
    match Arguments::parse().command {
        Command::Make { to, truth, set, seed, count, pages, form, fonts, authority } => {
            let truth =
                truth.unwrap_or_else(|| to.parent().map_or_else(|| "truth".into(), |parent| parent.join("truth")));
            let set = match set {
                Name::Small => Set::Small,
                Name::Demo => Set::Demo,
                Name::Full => Set::Full,
                Name::Bench => Set::Bench { documents: count, pages, form: form.into() },
            };
            let mut recipes = recipes(set);
            let agency = authority.map(|home| Agency::open(&Home::of(&home))).transpose()?;
            if agency.is_some() {
                recipes.extend(signed_recipes());
            }
            let fonts = Fonts::load(&fonts)
                .context("the fonts are missing: install fonts-liberation2 or name their directory by --fonts")?;
            let written = make(&recipes, seed, &fonts, agency.as_ref(), &to, &truth)?;
            report(written, &to, &truth)
        }
        Command::Texts { to, pages, seed } => {
            std::fs::create_dir_all(&to)?;
            let create = |name: &str| std::fs::File::create(to.join(name)).map(std::io::BufWriter::new);
            let (mut texts, mut queries) = (create("pages.jsonl")?, create("queries.jsonl")?);
            write_texts(pages, seed, &mut texts, &mut queries)?;
            texts.flush()?;
            Ok(queries.flush()?)
        }
        Command::Score { truth, read } => score(&truth, &read),
    }
}

fn report(written: Written, to: &Path, truth: &Path) -> Result<()> {
    writeln!(
        std::io::stdout(),
        "{} documents, {} pages, {:.1} MB in {}; truth in {}",
        written.documents,
        written.pages,
        written.bytes as f64 / 1e6,
        to.display(),
        truth.display()
    )?;
    Ok(())
}

fn score(truth: &Path, read: &Path) -> Result<()> {
    let (mut pages, mut letters) = (0_u32, 0.0);
    let (mut in_order, mut any_order) = (0.0, 0.0);
    for document in Truth::read_all(truth)? {
        let path = read.join(format!("{}.txt", document.source));
        // A document that was not answered is a document of errors.
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let mut answers = text.split('\u{c}');
        for page in &document.pages {
            // A page that was not answered at all is a page of errors.
            let answer = answers.next().unwrap_or_default();
            let wanted = page.text();
            let weight = wanted.chars().count() as f64;
            in_order += character_error_rate(&wanted, answer) * weight;
            any_order += character_error_rate_any_order(&wanted, answer) * weight;
            letters += weight;
            pages += 1;
        }
    }
    let percent = |errors: f64| (errors / f64::max(letters, 1.0) * 1e4).round() / 100.0;
    let line = serde_json::json!({
        "schema": "mocban.sample-score/1", "pages": pages, "characters": letters,
        "cer_percent": percent(in_order), "cer_any_order_percent": percent(any_order),
    });
    writeln!(std::io::stdout(), "{line}")?;
    Ok(())
}
