//! Whose failures are counted together.

use std::{
    net::{IpAddr, Ipv6Addr},
    time::Duration,
};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Of {
    /// Of an account, whose name is given at an address. Without an address everybody comes from this machine: then its
    /// guesser and its owner are told apart by nothing, and wait for each other.
    AccountAt(String, Option<IpAddr>),
    /// Of an account, whose name is given at many addresses. Who guesses at one of them never comes so far.
    Account(String),
    /// Of a browser's address: a guesser who changes names.
    Address(IpAddr),
    /// Of somebody who is logged in, about the own password: strangers' failures do not count.
    Owner(String),
}

impl Of {
    /// All that a login with this name counts for.
    pub(crate) fn login(name: &str, address: Option<IpAddr>) -> Vec<Self> {
        let address = address.map(network);
        let mut by = vec![Self::AccountAt(name.to_owned(), address)];
        by.extend(address.into_iter().flat_map(|address| [Self::Account(name.to_owned()), Self::Address(address)]));
        by
    }

    /// Failures that cost no waiting.
    pub(super) fn free(&self) -> u32 {
        match self {
            Self::AccountAt(..) | Self::Owner(_) => 5,
            // Several people may share a machine.
            Self::Address(_) => 20,
            Self::Account(_) => 50,
        }
    }

    /// The time in which one failure is forgotten, while others follow. At one address an account is tried once a minute
    /// after the first failures: that alone must never add up.
    pub(super) fn fades(&self) -> Option<Duration> {
        matches!(self, Self::Account(_)).then_some(Duration::from_secs(5))
    }

    /// Whether a success tells that the earlier failures were the owner's slips. An address's and an account's from
    /// everywhere are not: their guesser may have an account, too, and is not the owner who comes meanwhile.
    pub(super) fn clears(&self) -> bool {
        matches!(self, Self::AccountAt(..) | Self::Owner(_))
    }
}

/// An IPv6 guesser has a whole network of addresses, of 64 bits, and takes another one for each try.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_has_a_whole_network_is_one_guesser() {
        let by = |address: &str| Of::login("an", Some(address.parse().expect("an address")));
        assert_eq!(by("2001:db8:1:2::3"), by("2001:db8:1:2:ffff::4"));
        assert_ne!(by("2001:db8:1:2::3"), by("2001:db8:1:3::3"));
        assert_ne!(by("192.0.2.7"), by("192.0.2.8"));
        assert_eq!(by("192.0.2.7"), by("::ffff:192.0.2.7"));
    }
}
