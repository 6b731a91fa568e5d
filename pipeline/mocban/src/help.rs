//! Help, man pages and usage errors in the reader's language: clap knows the structure, the catalogue the words.

use clap::{
    Arg, Command, CommandFactory as _, FromArgMatches as _,
    error::{ContextKind, ContextValue, ErrorKind},
};
use messages::Lang;

use crate::{arguments::Arguments, exit, ui::Ui};

/// The command line with its words in a language.
pub(crate) fn command(lang: Lang) -> Command {
    let mut command = Arguments::command();
    // Global options come into the commands below by this, and clap's own help and version.
    command.build();
    told(command, lang, "mocban")
}

/// Reads the command line once more, with words; what is no command is told, and the exit code answered.
pub(crate) fn understood() -> Result<Arguments, u8> {
    let lang = language(std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()));
    let matches = command(lang).try_get_matches();
    matches.and_then(|matches| Arguments::from_arg_matches(&matches)).map_err(|error| refused(&error, lang))
}

/// The language that is asked for, before anything else is understood; help is printed while arguments are still being read.
fn language(mut arguments: impl Iterator<Item = String>) -> Lang {
    let mut asked = None;
    while let Some(argument) = arguments.next() {
        match argument.strip_prefix("--lang") {
            Some("") => asked = arguments.next(),
            Some(value) => asked = value.strip_prefix('=').map(str::to_owned).or(asked),
            None if argument == "--" => break,
            None => {}
        }
    }
    if asked.as_deref() == Some("en") { Lang::En } else { Lang::Vi }
}

/// Says why a command line was not understood and answers the exit code; help and version are no faults.
fn refused(error: &clap::Error, lang: Lang) -> u8 {
    use ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    if matches!(error.kind(), DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand) {
        drop(error.print());
        return if error.use_stderr() { exit::USAGE } else { exit::OK };
    }
    let text = |code: &str, facts: &[(&str, String)]| messages::text(lang, code, facts);
    let fact = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(one)) => Some(one.clone()),
        Some(ContextValue::Strings(many)) if !many.is_empty() => Some(many.join(", ")),
        _ => None,
    };
    let named = |kind: ContextKind| fact(kind).unwrap_or_default();
    let argument = ("name", named(ContextKind::InvalidArg));
    let what = match error.kind() {
        ErrorKind::UnknownArgument => text("usage-unknown", &[argument]),
        ErrorKind::InvalidSubcommand => text("usage-command", &[("name", named(ContextKind::InvalidSubcommand))]),
        ErrorKind::InvalidValue if named(ContextKind::InvalidValue).is_empty() => text("usage-missing", &[argument]),
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            text("usage-value", &[argument, ("value", named(ContextKind::InvalidValue))])
        }
        ErrorKind::MissingRequiredArgument => text("usage-missing", &[argument]),
        ErrorKind::MissingSubcommand => text("usage-no-command", &[]),
        ErrorKind::ArgumentConflict => text("usage-conflict", &[argument, ("other", named(ContextKind::PriorArg))]),
        _ => text("usage-other", &[]),
    };
    let mut said = format!("{} {what}", text("usage-error", &[]));
    if let Some(values) = fact(ContextKind::ValidValue) {
        said.extend([" ", text("usage-values", &[("values", values)]).as_str()]);
    }
    let similar = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(name) = similar.into_iter().find_map(fact) {
        said.extend([" ", text("usage-similar", &[("name", name)]).as_str()]);
    }
    let more = text("usage-more", &[("command", "mocban".to_owned())]);
    Ui::aside(&format!("{said}\n{more}"));
    exit::USAGE
}

/// A command and all below it. What stands below clap's own `help` is what stands beside it.
fn told(command: Command, lang: Lang, path: &str) -> Command {
    let text = |code: &str| messages::text(lang, code, &[]);
    let is_help = |command: &Command| command.get_name() == "help";
    let about = if is_help(&command) { "help-help".to_owned() } else { format!("help-{path}") };
    let usage = command.clone().render_usage().to_string();
    let usage = usage.strip_prefix("Usage: ").unwrap_or(&usage).replace("[OPTIONS]", &text("help-some-options"));
    let mut order = 0;
    command
        .about(text(&about))
        .override_usage(usage.replace("COMMAND", &text("help-a-command")))
        .subcommand_help_heading(text("help-commands"))
        .help_template(format!("{{about-with-newline}}\n{} {{usage}}\n\n{{all-args}}", text("help-usage")))
        .mut_args(|argument| {
            // As written down; what every command has, last.
            order += 1;
            let own = matches!(argument.get_id().as_str(), "help" | "version");
            let last = if own {
                2000
            } else if argument.is_global_set() {
                1000
            } else {
                0
            };
            meant(argument, lang, path).display_order(last + order)
        })
        .mut_subcommands(|below| {
            let inside = if is_help(&below) { path.to_owned() } else { format!("{path}-{}", below.get_name()) };
            told(below, lang, &inside)
        })
}

/// An option or argument with what it means, what it is by default and what it can be.
fn meant(argument: Arg, lang: Lang, path: &str) -> Arg {
    let name = argument.get_id().as_str().replace('_', "-");
    let text = |code: &str, facts: &[(&str, String)]| messages::text(lang, code, facts);
    let (own, shared) = (format!("help-{path}--{name}"), format!("help--{name}"));
    let mut meaning = vec![text(if messages::has(&own) { &own } else { &shared }, &[])];
    let mut each = Vec::new();
    if argument.get_action().takes_values() {
        let defaults: Vec<_> = argument.get_default_values().iter().map(|value| value.to_string_lossy()).collect();
        if !defaults.is_empty() && !argument.is_hide_default_value_set() {
            meaning.push(text("help-default", &[("value", defaults.join(", "))]));
        }
        let values = argument.get_possible_values();
        let values: Vec<&str> = values.iter().map(clap::builder::PossibleValue::get_name).collect();
        let told = values.iter().map(|value| (*value, format!("help--{name}--{value}")));
        each = told
            .filter(|(_, code)| messages::has(code))
            .map(|(value, code)| format!("- {value}: {}", text(&code, &[])))
            .collect();
        if each.is_empty() && !values.is_empty() {
            meaning.push(text("help-values", &[("values", values.join(", "))]));
        }
    }
    let meaning = meaning.join(" ");
    let heading = if argument.is_positional() { "help-arguments" } else { "help-options" };
    each.insert(0, meaning.clone());
    argument
        .help(meaning)
        .long_help(each.join("\n"))
        .hide_default_value(true)
        .hide_possible_values(true)
        .help_heading(text(heading, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every text the command line asks for, with the code it is asked by.
    fn asked(command: &Command, path: &str, seen: &mut Vec<(String, Option<String>)>) {
        seen.push((format!("help-{path}"), command.get_about().map(ToString::to_string)));
        for argument in
            command.get_arguments().filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version"))
        {
            let name = argument.get_id().as_str().replace('_', "-");
            let own = format!("help-{path}--{name}");
            let code = if messages::has(&own) { own } else { format!("help--{name}") };
            seen.push((code, argument.get_help().map(ToString::to_string)));
            for value in argument.get_possible_values().iter().filter(|value| value.get_help().is_some()) {
                let help = value.get_help().map(ToString::to_string);
                seen.push((format!("help--{name}--{}", value.get_name()), help));
            }
        }
        for below in command.get_subcommands() {
            asked(below, &format!("{path}-{}", below.get_name()), seen);
        }
    }

    #[test]
    fn every_command_and_option_has_its_words_and_nothing_else_has() {
        let mut seen = Vec::new();
        asked(&Arguments::command(), "mocban", &mut seen);
        for (code, own) in &seen {
            assert!(messages::has(code), "{code} is missing in the catalogue");
            if let Some(own) = own {
                assert_eq!(&messages::text(Lang::En, code, &[]), own, "{code} says what the code says");
            }
        }
        let of_structure = |code: &str| {
            matches!(
                code,
                "help-usage"
                    | "help-commands"
                    | "help-arguments"
                    | "help-options"
                    | "help-some-options"
                    | "help-a-command"
                    | "help-default"
                    | "help-values"
                    | "help-help"
                    | "help--help"
                    | "help--version"
            )
        };
        let surplus =
            |code: &&str| code.starts_with("help-") && !of_structure(code) && !seen.iter().any(|(it, _)| it == code);
        assert_eq!(messages::codes().find(surplus), None, "a text for nothing");
    }

    #[test]
    fn the_language_is_known_before_the_rest() {
        let language = |line: &str| language(line.split(' ').map(str::to_owned));
        assert_eq!(language("mocban --help"), Lang::Vi);
        assert_eq!(language("mocban --lang en --help"), Lang::En);
        assert_eq!(language("mocban hold --lang=en list"), Lang::En);
        assert_eq!(language("mocban --lang en --lang vi"), Lang::Vi);
        assert_eq!(language("mocban search -- --lang en"), Lang::Vi);
        assert_eq!(language("mocban --language en"), Lang::Vi);
    }
}
