//! The table of phrases by which the parts of a page are known; a language is added by adding phrases.
//!
//! All phrases are in lower case and are compared with the text in lower case.

use crate::article::DropReason;

/// How a phrase of a [`Rule`] is compared with a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum How {
    /// The whole block is the phrase; a colon, stop, number or bracketed number after it is no matter.
    Whole,
    /// The block begins with the phrase. A phrase of letters only must end where a word ends.
    Prefix,
    /// The phrase stands anywhere in the block.
    Anywhere,
    /// As `Whole`, and the links or names on the lines after it go with it.
    LeadIn,
}

/// Phrases that give a block away.
pub(super) struct Rule {
    pub(super) reason: DropReason,
    pub(super) how: How,
    /// Longer blocks (in characters) are running text, whatever they begin with.
    pub(super) max_chars: usize,
    pub(super) phrases: &'static [&'static str],
}

/// The rules; the first that matches wins.
#[rustfmt::skip]
pub(super) const RULES: &[Rule] = &[
    Rule {
        reason: DropReason::PhotoCredit,
        how: How::Anywhere,
        max_chars: 500,
        phrases: &[
            "photo ©", "photo: ©", "photo (c)", "foto ©", "foto: ©", "foto (c)", "image ©", "imagen ©",
            "fotografía ©", "video ©", "(photo:", "(photo by ", "(foto:", "(image:", "(imagen:", "| photo:",
            "| foto:", "/ foto:", "photo credit:", "crédito de la foto", "credit: getty",
        ],
    },
    Rule {
        reason: DropReason::PhotoCredit,
        how: How::Prefix,
        max_chars: 400,
        phrases: &[
            "photo:", "photos:", "photo by ", "photo courtesy", "foto:", "fotos:", "foto de archivo", "foto cortesía",
            "fotografía:", "image:", "image credit", "image source:", "imagen:", "imágenes:", "imagen de archivo",
            "picture:", "pictured:", "credit:", "credits:", "créditos:", "crédito:", "photograph:", "caption:", "pie de foto:", "file photo",
            "ilustración:", "illustration:", "captura de pantalla", "screenshot:",
        ],
    },
    Rule {
        reason: DropReason::RelatedLinks,
        how: How::LeadIn,
        max_chars: 80,
        phrases: &[
            "related videos", "related video", "related articles", "related stories", "related news",
            "related content", "related posts", "related links", "related topics and news", "related", "read also",
            "also read", "read more", "read next", "more on this story", "more stories", "you may also like",
            "you might also like", "you may also be interested in", "recommended", "recommended for you",
            "recommended stories", "most read", "trending", "trending now", "don't miss", "see also", "watch also",
            "up next", "vídeos relacionados", "videos relacionados", "vídeo relacionado", "video relacionado",
            "noticias relacionadas", "artículos relacionados", "contenido relacionado", "contenidos relacionados",
            "notas relacionadas", "enlaces relacionados", "te puede interesar", "te podría interesar",
            "también te puede interesar", "le puede interesar", "quizás te interese", "te recomendamos",
            "lea también", "lee también", "leer también", "lea además", "lee además", "lea más", "leer más",
            "ver también", "vea también", "mira también", "mirá también", "más noticias", "lo más leído",
            "lo más visto", "más leídas", "más leídos", "no te pierdas", "recomendados", "recomendado",
        ],
    },
    Rule {
        reason: DropReason::RelatedLinks,
        how: How::Prefix,
        max_chars: 300,
        phrases: &[
            "read also:", "also read:", "read more:", "see also:", "related:", "watch:", "recommended:",
            "don't miss:", "lea también:", "lee también:", "leer también:", "lea además:", "lee además:", "lea más:",
            "leer más:", "te puede interesar:", "le puede interesar:", "te recomendamos:", "ver también:",
            "vea también:", "mira también:", "mirá también:", "no te pierdas:", "relacionado:", "en contexto:", "mire:",
            "mire también:", "vea:", "lea:", "no deje de leer:",
        ],
    },
    Rule {
        reason: DropReason::Topics,
        how: How::LeadIn,
        max_chars: 60,
        phrases: &[
            "filed under", "filed in", "posted in", "tags", "tagged", "topics", "categories", "keywords",
            "more about", "in this article", "archivado en", "archivado bajo", "publicado en", "etiquetas",
            "etiquetado", "temas", "temas relacionados", "categorías", "palabras clave", "más sobre",
            "related topics",
        ],
    },
    Rule {
        reason: DropReason::Topics,
        how: How::Prefix,
        max_chars: 400,
        phrases: &[
            "filed under:", "filed in:", "posted in:", "tags:", "tagged:", "topics:", "categories:", "category:",
            "keywords:", "archivado en:", "archivado bajo:", "publicado en:", "etiquetas:", "temas:", "categorías:",
            "categoría:", "palabras clave:", "temas relacionados:", "related topics:",
        ],
    },
    Rule {
        reason: DropReason::Promotion,
        how: How::Whole,
        max_chars: 80,
        phrases: &[
            "share", "share this", "share this article", "share this story", "share on", "facebook", "twitter", "x",
            "whatsapp", "telegram", "linkedin", "pinterest", "reddit", "messenger", "instagram", "youtube", "tiktok",
            "bluesky", "threads", "email", "e-mail", "tweet", "copy link", "link copied", "print", "save", "bookmark",
            "comment", "comments", "leave a comment", "post a comment", "join the conversation", "view comments",
            "subscribe", "subscribe now", "sign up", "newsletter", "follow us", "donate", "compartir", "comparte",
            "compártelo", "compartir en", "comparte esta noticia", "comparte este artículo", "correo",
            "correo electrónico", "copiar enlace", "enlace copiado", "imprimir", "guardar", "comentar", "comentario",
            "comentarios", "deja un comentario", "dejar un comentario", "deja tu comentario", "ver comentarios",
            "suscríbete", "suscribirse", "suscríbase", "suscríbete ahora", "boletín", "regístrate", "síguenos",
            "síganos", "reportar un error", "mostrar comentarios",
        ],
    },
    Rule {
        reason: DropReason::Promotion,
        how: How::Prefix,
        max_chars: 260,
        phrases: &[
            "subscribe to our", "subscribe to the", "sign up for our", "sign up for the", "sign up to our",
            "sign up to receive", "get our newsletter", "get the latest news", "follow us on", "follow us at",
            "join our whatsapp", "join our telegram", "join our channel", "join our newsletter", "share this article",
            "share this story", "like us on", "download our app", "support our journalism", "become a member",
            "what do you think? leave", "tell us in the comments", "leave a comment", "leave a reply",
            "suscríbete a nuestro", "suscríbete a nuestra", "suscríbete a la newsletter", "suscríbase a nuestro",
            "suscríbase a nuestra", "suscríbete al", "regístrate para", "recibe nuestro boletín",
            "recibe nuestras noticias", "recibe las últimas noticias", "síguenos en", "síganos en", "sigue nuestra",
            "únete a nuestro", "únete al canal", "únase a nuestro", "comparte esta noticia", "comparte este artículo",
            "descarga nuestra app", "descarga la app", "apoya nuestro periodismo", "hazte socio",
            "déjanos tu comentario", "deja tu comentario", "deja un comentario", "cuéntanos en los comentarios",
            "nota: los comentarios",
        ],
    },
    Rule {
        reason: DropReason::Promotion,
        how: How::Anywhere,
        max_chars: 250,
        phrases: &[
            "nuestro canal de", "tenemos canal de", "our youtube channel", "our whatsapp channel",
            "our telegram channel", "hazte miembro", "hágase miembro", "hazte suscriptor", "become a member",
            "become a subscriber", "beneficios exclusivos", "para comentar debes", "para comentar debe",
            "log in to comment", "sign in to comment", "newsletter straight to your inbox", "in your inbox",
            "en tu correo",
        ],
    },
    Rule {
        reason: DropReason::Navigation,
        how: How::Whole,
        max_chars: 80,
        phrases: &[
            "home", "menu", "search", "log in", "login", "sign in", "skip to content", "skip to main content",
            "back to top", "advertisement", "advert", "ad", "sponsored", "continue reading", "previous article", "next article",
            "privacy policy", "terms of use", "terms and conditions", "cookie policy", "contact us", "about us",
            "accept", "accept all", "accept cookies", "close", "inicio", "portada", "menú", "buscar",
            "iniciar sesión", "ingresar", "saltar al contenido", "ir al contenido", "volver arriba", "publicidad",
            "anuncio", "patrocinado", "seguir leyendo", "continuar leyendo", "artículo anterior",
            "artículo siguiente", "política de privacidad", "términos de uso", "términos y condiciones",
            "aviso legal", "política de cookies", "contacto", "quiénes somos", "aceptar", "aceptar todo",
            "aceptar cookies", "cerrar",
        ],
    },
    Rule {
        reason: DropReason::Navigation,
        how: How::Prefix,
        max_chars: 300,
        phrases: &[
            "copyright ©", "copyright (c)", "© copyright", "(c) 20", "© 19", "© 20", "copyright 20",
            "privacy policy |",
        ],
    },
    Rule {
        reason: DropReason::Navigation,
        how: How::Anywhere,
        max_chars: 200,
        phrases: &[
            "all rights reserved", "todos los derechos reservados", "we use cookies", "uses cookies",
            "this site uses cookies", "accept cookies", "utilizamos cookies", "utiliza cookies", "usamos cookies",
            "usa cookies", "aceptar las cookies", "prohibida la reproducción", "prohibida su reproducción",
            "may not be republished without",
        ],
    },
    Rule { reason: DropReason::PhotoCredit, how: How::Prefix, max_chars: 120, phrases: &["©"] },
    Rule {
        reason: DropReason::AuthorNote,
        how: How::LeadIn,
        max_chars: 60,
        phrases: &[
            "about the author", "about the authors", "about the writer", "about us", "sobre el autor",
            "sobre la autora", "sobre los autores", "acerca del autor", "acerca de la autora",
            "acerca de los autores", "sobre nosotros", "sobre la firma",
        ],
    },
];

/// What notes about an author say of them, after the name or at the beginning of the note.
#[rustfmt::skip]
pub(super) const AUTHOR_WORDS: &[&str] = &[
    "journalist", "journalists", "reporter", "reporters", "editor", "editors", "correspondent", "writer", "writers",
    "columnist", "freelance", "newsroom", "editorial team", "periodista", "periodistas", "reportero", "reportera",
    "redactor", "redactora", "redactores", "corresponsal", "columnista", "escritor", "escritora", "redacción",
    "equipo editorial", "equipo de redacción", "licenciado", "licenciada", "graduada", "graduado", "comunicadora",
    "comunicador",
];

/// Names of the publisher's own team, as they sign.
pub(super) const TEAM_NAMES: &[&str] = &[
    "editorial team",
    "editorial staff",
    "editorial board",
    "equipo editorial",
    "equipo de redacción",
    "consejo editorial",
];

/// How notes about an author begin.
#[rustfmt::skip]
pub(super) const AUTHOR_OPENINGS: &[&str] = &[
    "a team of", "team of", "a newsroom", "our newsroom", "our team", "una redacción", "nuestro equipo", "nuestra redacción", "we are a", "journalist", "reporter", "freelance", "editor", "writer", "senior",
    "a journalist", "a reporter", "a group of", "un equipo de", "equipo de", "somos un", "periodista", "redactor",
    "redactora", "reportero", "reportera", "corresponsal", "editora", "graduad", "licenciad", "un grupo de", "nacid",
    "escritor",
];

/// What a sentence about an author says after the name.
#[rustfmt::skip]
pub(super) const AUTHOR_VERBS: &[&str] = &[
    "is a", "is an", "is the", "has been", "writes", "covers", "reports", "works", "es", "escribe", "cubre",
    "trabaja", "ha sido", "ejerce",
];

/// In a title of a FAQ block.
#[rustfmt::skip]
pub(super) const FAQ_TITLES: &[&str] = &[
    "faq", "faqs", "f.a.q.", "frequently asked", "q&a", "q & a", "questions and answers", "questions & answers",
    "common questions", "key questions", "people also ask", "preguntas frecuentes", "preguntas y respuestas",
    "preguntas clave", "preguntas más frecuentes", "preguntas más comunes", "preguntas comunes",
    "preguntas habituales", "dudas frecuentes", "dudas habituales", "perguntas frequentes", "questions fréquentes",
    "foire aux questions", "häufige fragen", "häufig gestellte fragen", "domande frequenti", "preguntes freqüents",
];

/// Before a question or an answer: one letter needs a colon after it.
#[rustfmt::skip]
pub(super) const QUESTION_MARKERS: &[&str] = &["q", "p", "question", "pregunta"];
/// See [`QUESTION_MARKERS`].
#[rustfmt::skip]
pub(super) const ANSWER_MARKERS: &[&str] = &["a", "r", "answer", "respuesta"];

/// How questions begin that lack their question mark.
#[rustfmt::skip]
pub(super) const QUESTION_WORDS: &[&str] = &[
    "how", "what", "why", "when", "where", "who", "which", "can", "could", "do", "does", "did", "is", "are", "will",
    "should", "cómo", "qué", "por qué", "cuándo", "dónde", "quién", "quiénes", "cuál", "cuáles", "cuánto", "cuánta",
    "cuántos", "cuántas", "¿cómo", "¿qué", "¿por qué", "¿cuándo", "¿dónde", "¿quién", "¿quiénes", "¿cuál", "¿cuáles",
    "¿cuánto", "¿cuánta", "¿cuántos", "¿cuántas",
];

/// Before the name of the author.
#[rustfmt::skip]
pub(super) const BYLINE_MARKERS: &[&str] = &[
    "by", "written by", "author:", "text:", "por", "escrito por", "autor:", "autora:", "texto:", "redacción:",
    "texto de",
];

/// Before a date.
#[rustfmt::skip]
pub(super) const DATE_MARKERS: &[&str] = &[
    "published", "first published", "posted", "updated", "last updated", "last modified", "date", "publicado",
    "publicada", "actualizado", "actualizada", "última actualización", "fecha", "fecha de publicación",
];

/// The months, as they begin in any of the languages.
#[rustfmt::skip]
pub(super) const MONTHS: &[&str] = &[
    "jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec", "ene", "abr", "ago", "set",
    "dic",
];
