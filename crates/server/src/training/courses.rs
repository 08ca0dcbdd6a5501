//! The built-in courses: text, questions and right answers are data in `courses/`. Answers are checked here, and the
//! right ones never leave.

use domain::Course;
use serde::Deserialize;
use std::sync::LazyLock;

/// Tries of a course's test within 24 hours.
pub const TRIES_A_DAY_MAX: usize = 3;

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Lesson {
    pub title: String,
    /// How long it takes to read.
    pub minutes: u32,
    /// Right answers that are needed.
    pub pass_mark: usize,
    pub sections: Vec<Section>,
    pub questions: Vec<TestQuestion>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    pub heading: String,
    pub paragraphs: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestQuestion {
    pub text: String,
    pub options: Vec<String>,
    /// Place of the right option, from 0.
    right: usize,
}

static TOOL: LazyLock<Lesson> = LazyLock::new(|| read(include_str!("courses/tool.toml")));
static TOOL_ENHANCED: LazyLock<Lesson> = LazyLock::new(|| read(include_str!("courses/tool-enhanced.toml")));

fn read(text: &str) -> Lesson {
    toml::from_str(text).expect("a course that comes with the program can be read: a test reads it")
}

/// The built-in course; `None` where the agency trains by itself and imports the records.
pub fn lesson(course: Course) -> Option<&'static Lesson> {
    match course {
        Course::Tool => Some(&TOOL),
        Course::ToolEnhanced => Some(&TOOL_ENHANCED),
        Course::Privacy | Course::Integrity => None,
    }
}

/// A course in plain words.
pub fn title(course: Course) -> &'static str {
    match course {
        Course::Privacy => "Privacy",
        Course::Integrity => "Integrity awareness",
        Course::Tool | Course::ToolEnhanced => lesson(course).map_or("", |lesson| lesson.title.as_str()),
    }
}

impl Lesson {
    /// The places of the questions that were answered wrongly; `None` where the answers do not fit the questions.
    pub fn wrong(&self, answers: &[usize]) -> Option<Vec<usize>> {
        let fits = |(question, answer): (&TestQuestion, &usize)| *answer < question.options.len();
        if answers.len() != self.questions.len() || !self.questions.iter().zip(answers).all(fits) {
            return None;
        }
        let wrong =
            self.questions.iter().zip(answers).enumerate().filter(|(_, (question, answer))| question.right != **answer);
        Some(wrong.map(|(place, _)| place).collect())
    }

    /// Answers that pass, for the demo and tests that need somebody trained.
    pub fn right_answers(&self) -> Vec<usize> {
        self.questions.iter().map(|question| question.right).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acc_5_the_built_in_courses_can_be_read_and_their_tests_can_be_passed_and_failed() {
        for course in [Course::Tool, Course::ToolEnhanced] {
            let lesson = lesson(course).unwrap();
            assert!(lesson.sections.len() >= 4 && lesson.sections.iter().all(|section| !section.paragraphs.is_empty()));
            assert!(lesson.questions.len() >= 5);
            assert!(lesson.pass_mark > lesson.questions.len() / 2 && lesson.pass_mark <= lesson.questions.len());
            for question in &lesson.questions {
                assert!(question.options.len() >= 3 && question.right < question.options.len(), "{}", question.text);
            }
            assert_eq!(lesson.wrong(&lesson.right_answers()), Some(Vec::new()));
            for same in 0..3 {
                let wrong = lesson.wrong(&vec![same; lesson.questions.len()]).unwrap().len();
                assert!(lesson.questions.len() - wrong < lesson.pass_mark, "{course}: always {same} passes");
            }
            assert_eq!(lesson.wrong(&[0]), None);
            assert_eq!(lesson.wrong(&vec![9; lesson.questions.len()]), None);
        }
    }
}
