//! How the measurement talks with its helpers, the sender and the bare receiver: a line for each order, and one for its answer.
//!
//! A helper ends when its standard input does, so it never outlives the measurement.

use std::fmt::Display;
use std::io::{self, BufRead, Write};
use std::str::FromStr;

use super::process::Running;
use super::served::Failed;

/// A helper and the number of its latest order.
pub struct Helper {
    process: Running,
    latest: u64,
}

impl Helper {
    /// Takes a process that answers orders.
    #[must_use]
    pub const fn new(process: Running) -> Self {
        Self { process, latest: 0 }
    }

    /// The process.
    #[must_use]
    pub const fn process(&self) -> &Running {
        &self.process
    }

    /// Gives an order and waits for its numbers.
    ///
    /// # Errors
    /// If the helper fails or answers something else.
    pub fn order<const N: usize>(&mut self, order: &str) -> Result<[u64; N], Failed> {
        self.latest += 1;
        self.process.order(&format!("{} {order}", self.latest))?;
        let answer = self.process.rest_after(&answer_to(self.latest))?;
        let numbers: Vec<u64> = answer.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
        numbers.try_into().map_err(|_| format!("the answer to {order:?} is {answer:?}").into())
    }
}

fn answer_to(order: u64) -> String {
    format!("answer {order}: ")
}

/// Answers orders until standard input ends.
///
/// # Errors
/// What `answer` fails with, or if the answer cannot be printed.
pub fn obey(mut answer: impl FnMut(&mut dyn Iterator<Item = &str>) -> Result<Vec<u64>, Failed>) -> Result<(), Failed> {
    for line in io::stdin().lock().lines() {
        let line = line?;
        let mut words = line.split_whitespace();
        let number = next(&mut words)?;
        let numbers: Vec<String> = answer(&mut words)?.iter().map(ToString::to_string).collect();
        let mut output = io::stdout().lock();
        writeln!(output, "{}{}", answer_to(number), numbers.join(" "))?;
        output.flush()?;
    }
    Ok(())
}

/// The next word of an order.
///
/// # Errors
/// If there is none, or it is not what it should be.
pub fn next<T: FromStr<Err: Display>>(words: &mut (impl Iterator<Item: AsRef<str>> + ?Sized)) -> Result<T, Failed> {
    let word = words.next().ok_or("the order ends too early")?;
    word.as_ref().parse().map_err(|error| format!("{:?} in an order: {error}", word.as_ref()).into())
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn each_order_has_its_own_answer() {
        let script = "while read n word; do echo \"answer $n: $n 25\"; done";
        let mut helper = Helper::new(Running::start(Command::new("sh").args(["-c", script])).unwrap());
        assert_eq!(helper.order::<2>("count").unwrap(), [1, 25]);
        assert_eq!(helper.order::<2>("count").unwrap(), [2, 25]);
        assert!(helper.order::<3>("count").is_err());
    }

    #[test]
    fn words_of_an_order_are_read_in_turn() {
        let mut words = "7 x".split_whitespace();
        assert_eq!(next::<u64>(&mut words).unwrap(), 7);
        assert!(next::<u64>(&mut words).unwrap_err().to_string().contains("\"x\""));
        assert!(next::<u64>(&mut words).is_err());
    }
}
