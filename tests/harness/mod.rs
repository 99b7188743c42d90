//! A world of its own for each test: a folder that is home, configuration and working folder, the
//! program run in it, articles to read and a scripted model to answer.

pub(crate) mod server;
pub(crate) mod weights;

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tempfile::TempDir;

/// An English article. It has none of the words that tell the tasks of a script apart.
pub(crate) const ENGLISH: &str = "\
Town opens a library in the old railway station

The town of Harrow Bridge opened a public library in its old railway station on Monday. The building had been empty \
for eleven years. Volunteers repaired the roof and painted the waiting room.

The library lends books, tools and musical instruments. It is open from Tuesday to Saturday, and residents need no \
card to read there. The mayor, Ines Walden, said that the work cost 240,000 euros.
";

/// A Spanish article.
pub(crate) const SPANISH: &str = "\
El pueblo abre una biblioteca en la antigua estación

El pueblo de Puente Alto abrió el lunes una biblioteca pública en su antigua estación de tren. El edificio llevaba \
once años vacío. Los voluntarios repararon el tejado y pintaron la sala de espera.

La biblioteca presta libros, herramientas e instrumentos musicales. Abre de martes a sábado, y los vecinos no \
necesitan carné para leer allí. La alcaldesa, Inés Valle, dijo que la obra costó 240.000 euros.
";

/// What the scripted model knows of [`ENGLISH`]: questions with their answers.
pub(crate) const FAQ: &str = "\
Q: Where is the library of Harrow Bridge?
A: The library is in the old railway station of Harrow Bridge.
Q: When is the library open?
A: The library is open from Tuesday to Saturday.
";

/// The same in Spanish, of [`SPANISH`].
pub(crate) const FAQ_ES: &str = "\
P: ¿Dónde está la biblioteca de Puente Alto?
R: La biblioteca está en la antigua estación de tren de Puente Alto.
P: ¿Cuándo abre la biblioteca?
R: La biblioteca abre de martes a sábado.
";

/// What it answers when it is asked for a summary.
pub(crate) const SUMMARY: &str = "\
The town of Harrow Bridge opened a public library in its old railway station. The library lends books, tools and \
musical instruments. The work cost 240,000 euros.";

/// The same in Spanish.
pub(crate) const SUMMARY_ES: &str = "\
El pueblo de Puente Alto abrió una biblioteca pública en su antigua estación de tren. La biblioteca presta libros, \
herramientas e instrumentos musicales. La obra costó 240.000 euros.";

/// What a run of the program left.
#[derive(Debug)]
pub(crate) struct Ran {
    /// The exit code.
    pub(crate) code: Option<i32>,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it said beside that.
    pub(crate) stderr: String,
}

impl Ran {
    /// Checks the exit code.
    #[track_caller]
    pub(crate) fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self
    }

    /// Checks that stdout has every one of these texts.
    #[track_caller]
    pub(crate) fn prints(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stdout.contains(text), "no {text:?} in stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        }
        self
    }

    /// Checks that stderr has every one of these texts.
    #[track_caller]
    pub(crate) fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(self.stderr.contains(text), "no {text:?} in stderr:\n{}", self.stderr);
        }
        self
    }

    /// Checks that nothing was printed.
    #[track_caller]
    pub(crate) fn prints_nothing(self) -> Self {
        assert_eq!(self.stdout, "", "stderr:\n{}", self.stderr);
        self
    }

    /// Checks that nothing was said.
    #[track_caller]
    pub(crate) fn says_nothing(self) -> Self {
        assert_eq!(self.stderr, "", "stdout:\n{}", self.stdout);
        self
    }

    /// Stdout as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e} in stdout:\n{}", self.stdout))
    }
}

/// A folder that is a whole machine to the program.
pub(crate) struct World {
    dir: TempDir,
    vars: Vec<(String, String)>,
}

impl World {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self { dir: tempfile::tempdir().expect("a temporary folder"), vars: Vec::new() }
    }

    /// One with `en.txt`, `es.txt` and the script `model.toml` that answers both tasks in English.
    pub(crate) fn with_articles() -> Self {
        let world = Self::new();
        world.file("en.txt", ENGLISH);
        world.file("es.txt", SPANISH);
        world.script("model.toml", &[("FAQ", FAQ), ("FAQ", FAQ_ES), ("summary", SUMMARY), ("resumen", SUMMARY_ES)]);
        world
    }

    /// The same world with an environment variable set in it.
    pub(crate) fn var(mut self, name: &str, value: &str) -> Self {
        self.vars.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The path of something in it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Makes a file, and the folders above it.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("."))).expect("a folder");
        fs::write(&path, content).expect("a file");
        path
    }

    /// The content of a file.
    #[track_caller]
    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|e| panic!("{name}: {e}; there are {:?}", self.names("")))
    }

    /// The names of what is in a folder, sorted.
    pub(crate) fn names(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.path(folder)).into_iter().flatten().flatten();
        let mut names: Vec<_> = entries.map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Makes a script: each pair is a text that the request must contain, and the reply. Replies to `FAQ` are questions
    /// with their answers: the model asks them whenever it is to ask, and answers each. What is no such pair is its reply
    /// to all of that.
    pub(crate) fn script(&self, name: &str, replies: &[(&str, &str)]) -> PathBuf {
        let mut text = String::new();
        let mut add = |when: &str, reply: &str| {
            text += &format!("[[reply]]\nwhen = {when:?}\ntext = {reply:?}\nagain = true\n\n");
        };
        for (when, reply) in replies {
            if *when != "FAQ" {
                add(when, reply);
                continue;
            }
            let of = |labels: [&str; 2]| -> Vec<&str> {
                reply.lines().filter_map(|line| labels.iter().find_map(|label| line.strip_prefix(label))).collect()
            };
            // The naive strategy asks for all at once.
            add("FAQ", reply);
            let (questions, answers) = (of(["Q: ", "P: "]), of(["A: ", "R: "]));
            for (question, answer) in questions.iter().zip(answers) {
                add(question, answer);
            }
            let list = if questions.is_empty() { (*reply).to_owned() } else { questions.join("\n") };
            // Pairs are asked for in their language only.
            let (english, spanish) = (!list.contains('¿'), questions.is_empty() || list.contains('¿'));
            let lists = [("questions that readers", english), ("preguntas que más", spanish)];
            for (asked, _) in lists.iter().filter(|(_, own)| *own) {
                add(asked, &list);
            }
            let singles = [
                ("question that", english),
                ("a reader's question", english),
                ("pregunta que", spanish),
                ("la pregunta a la que", spanish),
                ("a la que responde la parte", spanish),
            ];
            for (asked, _) in singles.iter().filter(|(_, own)| *own) {
                add(asked, questions.first().unwrap_or(reply));
            }
        }
        // Of a single sentence of the article nothing is asked.
        for system in ["natural question of a reader", "natural de un lector"] {
            text += &format!("[[reply]]\nsystem = {system:?}\nagain = true\n\n");
        }
        self.file(name, text)
    }

    /// The user's configuration file.
    pub(crate) fn config(&self, text: &str) -> PathBuf {
        self.file("config/faqtory/faqtory.toml", text)
    }

    /// Makes a folder `manifests` with the manifest of a model `tiny`, whose file is `content`.
    pub(crate) fn manifest(&self, content: &[u8], source: &str) {
        let sha256: String = Sha256::digest(content).iter().map(|b| format!("{b:02x}")).collect();
        let size = content.len();
        self.file(
            "manifests/tiny.toml",
            format!(
                "name = 'Tiny'\nsummary = 'for tests'\nlicence = 'MIT'\narchitecture = 'llama'\nparameters = 1000\n\
                 languages = ['en', 'es']\ncontext_length = 512\nsize = {size}\nsha256 = '{sha256}'\n\
                 quantization = 'F32'\nkv_bytes_per_token = 16\nrank = 99\n\
                 [verified]\nfetched = false\nrun = false\nnote = 'never'\n{source}\n"
            ),
        );
    }

    /// Runs the program with these arguments, separated by spaces.
    pub(crate) fn run(&self, arguments: &str) -> Ran {
        self.run_with(arguments, b"")
    }

    /// Runs it with something on standard input.
    pub(crate) fn run_with(&self, arguments: &str, stdin: &[u8]) -> Ran {
        let mut command = assert_cmd::Command::new(env!("CARGO_BIN_EXE_faqtory"));
        command.args(arguments.split_whitespace()).write_stdin(stdin).current_dir(self.dir.path());
        for (name, _) in std::env::vars_os() {
            let text = name.to_string_lossy();
            if ["FAQTORY_", "HF_", "XDG_", "CLICOLOR", "NO_COLOR"].iter().any(|ours| text.starts_with(ours)) {
                command.env_remove(&name);
            }
        }
        command.env("HOME", self.dir.path());
        for (name, folder) in [("CONFIG", "config"), ("DATA", "data"), ("CACHE", "cache"), ("STATE", "state")] {
            command.env(format!("XDG_{name}_HOME"), self.path(folder));
        }
        command.envs(self.vars.iter().map(|(name, value)| (name, value)));
        let output = command.output().expect("the program runs");
        Ran {
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }
}
