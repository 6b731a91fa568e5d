//! Passwords and tokens: made from the system's randomness, kept as Argon2id hashes.

use argon2::{
    Argon2,
    password_hash::{PasswordHasher as _, PasswordVerifier as _, phc::PasswordHash},
};
use ring::rand::{SecureRandom as _, SystemRandom};

use crate::Error;

/// Letters that nobody takes for another one.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
const GROUPS: usize = 4;
const GROUP: usize = 4;
/// Shortest password people may choose (NIST SP 800-63B asks for 8; an archive's desk for more).
pub(crate) const SHORTEST: usize = 12;
/// Longest; hashing a book is no login.
pub(crate) const LONGEST: usize = 256;

pub(crate) fn random<const N: usize>() -> Result<[u8; N], Error> {
    let mut bytes = [0; N];
    let none = |_| Error::Password { detail: "the system gives no random bytes".into() };
    SystemRandom::new().fill(&mut bytes).map_err(none)?;
    Ok(bytes)
}

/// Eighty random bits that can be read out over a telephone.
pub(crate) fn generate() -> Result<String, Error> {
    let bytes = random::<{ GROUPS * GROUP }>()?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    let groups: Vec<String> = bytes.chunks(GROUP).map(|group| group.iter().map(letter).collect()).collect();
    Ok(groups.join("-"))
}

/// Argon2id in PHC form with the crate's recommended cost (19 MiB, two passes).
pub(crate) fn hash(password: &str) -> Result<String, Error> {
    let hash: argon2::password_hash::phc::PasswordHash =
        Argon2::default().hash_password(password.as_bytes()).map_err(|e| Error::Password { detail: e.to_string() })?;
    Ok(hash.to_string())
}

/// Whether a password fits its hash. Without an account the same work is done for nothing, so that the time it takes
/// does not tell whether a name exists.
pub(crate) fn fits(password: &str, hash: Option<&str>) -> Result<bool, Error> {
    if password.len() > LONGEST {
        return Ok(false);
    }
    let Some(hash) = hash else {
        self::hash(password)?;
        return Ok(false);
    };
    let hash = PasswordHash::new(hash).map_err(|e| Error::Password { detail: e.to_string() })?;
    Ok(Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
}

/// Whether a word may be an account's name.
pub(crate) fn is_name(name: &str) -> bool {
    (1..=64).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))
}

/// Compares without telling by its time where two words differ.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let differ = a.bytes().zip(b.bytes()).fold(0, |differ, (x, y)| differ | (x ^ y));
    a.len() == b.len() && differ == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let made = generate().expect("made");
        assert_eq!(made.len(), 19);
        let kept = hash(&made).expect("hashed");
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(fits(&made, Some(&kept)).expect("judged"));
        assert!(!fits("another", Some(&kept)).expect("judged"));
        assert!(!fits(&made, None).expect("judged"));
        assert_ne!(made, generate().expect("made"));
    }

    #[test]
    fn words_are_compared_whole() {
        assert!(same("abc", "abc"));
        assert!(!same("abc", "abd"));
        assert!(!same("abc", "abcd"));
        assert!(is_name("nguyen.an") && !is_name("") && !is_name("a b") && !is_name("../x"));
    }
}
