//! Statements that go to the database together.
//!
//! Every statement is a trip to the thread of its connection and back, which costs more than most
//! statements do. Those that need not see each other's answers make one trip.

use crate::error::StoreError;
use futures::TryStreamExt;
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{
    Arguments, AssertSqlSafe, Either, Encode, Executor, Row, Sqlite, SqliteConnection, Type,
};
use std::fmt::Write;

/// Statements that are run one after the other, each with parameters of its own, `?1` and on.
///
/// None of them sees what one before it answered, so each says by itself when it is to do nothing.
#[derive(Default)]
pub(crate) struct Trip {
    sql: String,
    arguments: SqliteArguments,
    /// Of each statement, whether it was asked.
    asked: Vec<bool>,
    failed: Option<sqlx::Error>,
}

/// What one of them answered.
#[derive(Default)]
pub(crate) struct Answer {
    pub(crate) rows: Vec<SqliteRow>,
    pub(crate) affected: u64,
}

impl Answer {
    /// The one value of one row, as of a question that is always answered with yes or no.
    pub(crate) fn flag(&self) -> Result<bool, StoreError> {
        let row = self.rows.first().ok_or(sqlx::Error::RowNotFound)?;
        Ok(row.try_get(0)?)
    }
}

/// What those answered that were asked, to be taken in their order.
pub(crate) struct Answers(std::vec::IntoIter<Answer>);

impl Answers {
    /// The next one's. One that was not added has answered nothing.
    pub(crate) fn next(&mut self) -> Answer {
        self.0.next().unwrap_or_default()
    }
}

impl Trip {
    /// Adds a statement, whose parameters are bound next.
    pub(crate) fn then(&mut self, sql: &'static str) -> &mut Self {
        self.add(sql, false)
    }

    /// Adds a statement whose answer is wanted; its parameters are bound next.
    pub(crate) fn ask(&mut self, sql: &'static str) -> &mut Self {
        self.add(sql, true)
    }

    fn add(&mut self, sql: &'static str, asked: bool) -> &mut Self {
        debug_assert!(!sql.contains(';'), "one statement at a time: {sql}");
        self.asked.push(asked);
        let before = self.arguments.len();
        if !self.sql.is_empty() {
            self.sql.push_str(";\n");
        }
        let mut parts = sql.split('?');
        self.sql.push_str(parts.next().unwrap_or_default());
        for part in parts {
            let digits = part.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = part.split_at(digits);
            let number = number.parse::<usize>().unwrap_or_default() + before;
            // By name: a statement whose numbers begin later than at 1 would have parameters before
            // them that are not its own. Writing to a text has no way to fail.
            let _ = write!(self.sql, "${number}{rest}");
        }
        self
    }

    /// Binds the next parameter of the statement added last.
    pub(crate) fn bind<'v, T: Encode<'v, Sqlite> + Type<Sqlite>>(&mut self, value: T) -> &mut Self {
        if let Err(error) = self.arguments.add(value) {
            self.failed.get_or_insert(sqlx::Error::Encode(error));
        }
        self
    }

    /// Makes the trip.
    ///
    /// # Errors
    /// When one of them fails; those behind it were not run then.
    pub(crate) async fn make(self, conn: &mut SqliteConnection) -> Result<Answers, StoreError> {
        if let Some(error) = self.failed {
            return Err(error.into());
        }
        if self.asked.is_empty() {
            return Ok(Answers(Vec::new().into_iter()));
        }
        let query = sqlx::query_with(AssertSqlSafe(self.sql), self.arguments);
        let mut told = conn.fetch_many(query);
        let mut asked = self.asked.into_iter();
        let (mut answers, mut answer) = (Vec::new(), Answer::default());
        while let Some(part) = told.try_next().await? {
            match part {
                Either::Right(row) => answer.rows.push(row),
                Either::Left(done) => {
                    answer.affected = done.rows_affected();
                    let answer = std::mem::take(&mut answer);
                    if asked.next() == Some(true) {
                        answers.push(answer);
                    }
                }
            }
        }
        Ok(Answers(answers.into_iter()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Connection;

    #[tokio::test]
    async fn each_statement_has_parameters_of_its_own_and_only_those_asked_answer() {
        let mut conn = SqliteConnection::connect(":memory:").await.unwrap();
        let mut trip = Trip::default();
        trip.then("SELECT ?1, ?2").bind(1).bind("not asked");
        trip.ask("SELECT ?2 || ?1 || ?2").bind("x").bind("y");
        trip.ask("SELECT ?1 WHERE ?1 > 5").bind(3);
        trip.ask("SELECT value FROM json_each(?2) WHERE value > ?1")
            .bind(1)
            .bind("[1,2,3]");
        let mut told = trip.make(&mut conn).await.unwrap();
        assert_eq!(told.next().rows[0].get::<String, _>(0), "yxy");
        assert_eq!(told.next().rows.len(), 0, "nothing was found");
        let rows = told.next().rows;
        let values: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(values, [2, 3]);
        assert_eq!(told.next().rows.len(), 0, "nothing more was asked");
    }

    #[tokio::test]
    async fn a_statement_that_fails_is_the_end_of_it() {
        let mut conn = SqliteConnection::connect(":memory:").await.unwrap();
        let mut trip = Trip::default();
        trip.ask("SELECT ?1").bind(1);
        trip.ask("SELECT abs(?1)").bind(i64::MIN);
        trip.ask("SELECT ?1").bind(2);
        assert!(trip.make(&mut conn).await.is_err());
    }
}
