//! Names of elements and attributes that matter, and how elements nest.

macro_rules! names {
    ($(#[$meta:meta])* $enum:ident { $($name:literal => $variant:ident,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum $enum { $($variant,)* Other }

        impl $enum {
            /// The entry of a name, in whatever case.
            pub(super) fn of(name: &[u8]) -> Self {
                let mut lower = [0u8; 16];
                let Some(slot) = lower.get_mut(..name.len()) else { return Self::Other };
                slot.copy_from_slice(name);
                slot.make_ascii_lowercase();
                match &*slot { $($name => Self::$variant,)* _ => Self::Other }
            }
        }
    };
}

names! {
    /// Elements; all others read as inline.
    Tag {
        b"a" => A, b"abbr" => Abbr, b"address" => Address, b"article" => Article, b"aside" => Aside, b"audio" => Audio,
        b"b" => B, b"blockquote" => Blockquote, b"body" => Body, b"br" => Br, b"button" => Button, b"canvas" => Canvas,
        b"caption" => Caption, b"center" => Center, b"code" => Code, b"col" => Col, b"dd" => Dd, b"details" => Details,
        b"dialog" => Dialog, b"div" => Div, b"dl" => Dl, b"dt" => Dt, b"em" => Em, b"embed" => Embed,
        b"fieldset" => Fieldset, b"figcaption" => Figcaption, b"figure" => Figure, b"footer" => Footer, b"form" => Form,
        b"h1" => H1, b"h2" => H2, b"h3" => H3, b"h4" => H4, b"h5" => H5, b"h6" => H6, b"head" => Head,
        b"header" => Header, b"hgroup" => Hgroup, b"hr" => Hr, b"html" => Html, b"i" => I, b"iframe" => Iframe,
        b"img" => Img, b"input" => Input, b"label" => Label, b"li" => Li, b"link" => Link, b"main" => Main,
        b"map" => Map, b"math" => Math, b"menu" => Menu, b"meta" => Meta, b"nav" => Nav, b"noembed" => Noembed,
        b"noframes" => Noframes, b"noscript" => Noscript, b"object" => Object, b"ol" => Ol, b"option" => Option,
        b"p" => P, b"param" => Param, b"pre" => Pre, b"script" => Script, b"section" => Section, b"select" => Select,
        b"source" => Source, b"span" => Span, b"strong" => Strong, b"style" => Style, b"sub" => Sub,
        b"summary" => Summary, b"sup" => Sup, b"svg" => Svg, b"table" => Table, b"tbody" => Tbody, b"td" => Td,
        b"template" => Template, b"textarea" => Textarea, b"tfoot" => Tfoot, b"th" => Th, b"thead" => Thead,
        b"time" => Time, b"title" => Title, b"tr" => Tr, b"track" => Track, b"ul" => Ul, b"video" => Video,
        b"wbr" => Wbr, b"xmp" => Xmp, b"area" => Area, b"base" => Base,
    }
}

names! {
    /// Attributes; all others are not kept.
    Attr {
        b"aria-controls" => AriaControls, b"aria-expanded" => AriaExpanded, b"aria-hidden" => AriaHidden,
        b"charset" => Charset, b"class" => Class, b"content" => Content, b"data-target" => DataTarget,
        b"datetime" => Datetime, b"epub:type" => EpubType, b"hidden" => Hidden, b"href" => Href, b"http-equiv" => HttpEquiv, b"id" => Id,
        b"itemprop" => Itemprop, b"itemtype" => Itemtype, b"lang" => Lang, b"name" => Name, b"property" => Property,
        b"rel" => Rel, b"reversed" => Reversed, b"role" => Role, b"start" => Start, b"style" => Style, b"type" => Type,
    }
}

impl Tag {
    /// It has no content and no end tag.
    pub(super) fn is_void(self) -> bool {
        use Tag::*;
        matches!(self, Area | Base | Br | Col | Embed | Hr | Img | Input | Link | Meta | Param | Source | Track | Wbr)
    }

    /// All up to its end tag is text.
    pub(super) fn is_raw(self) -> bool {
        use Tag::*;
        matches!(self, Script | Style | Textarea | Title | Xmp | Iframe | Noembed | Noframes)
    }

    /// Nothing in it is for reading.
    pub(super) fn is_unseen(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Script
                | Style
                | Textarea
                | Title
                | Iframe
                | Noembed
                | Noframes
                | Noscript
                | Template
                | Svg
                | Math
                | Canvas
                | Object
                | Audio
                | Video
                | Map
                | Select
                | Option
                | Head
        )
    }

    /// It begins on a line of its own.
    pub(super) fn is_block(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Address
                | Article
                | Aside
                | Blockquote
                | Body
                | Caption
                | Center
                | Dd
                | Details
                | Dialog
                | Div
                | Dl
                | Dt
                | Fieldset
                | Figcaption
                | Figure
                | Footer
                | Form
                | H1
                | H2
                | H3
                | H4
                | H5
                | H6
                | Header
                | Hgroup
                | Hr
                | Li
                | Main
                | Menu
                | Nav
                | Ol
                | P
                | Pre
                | Section
                | Summary
                | Table
                | Tbody
                | Td
                | Tfoot
                | Th
                | Thead
                | Tr
                | Ul
                | Xmp
        )
    }

    /// The level of a heading.
    pub(super) fn level(self) -> std::option::Option<u8> {
        use Tag::*;
        [H1, H2, H3, H4, H5, H6].iter().position(|h| *h == self).map(|i| i as u8 + 1)
    }

    /// An open element of this kind ends where an element `next` begins, unless `boundary` is between.
    pub(super) fn ends_at(self, next: Tag) -> bool {
        use Tag::*;
        match self {
            P => next.is_block() && !matches!(next, Td | Th | Tr | Tbody | Thead | Tfoot | Caption | Summary),
            Li => next == Li,
            Dt | Dd => matches!(next, Dt | Dd),
            Td | Th => matches!(next, Td | Th | Tr | Tbody | Thead | Tfoot),
            Tr => matches!(next, Tr | Tbody | Thead | Tfoot),
            Tbody | Thead | Tfoot | Caption => matches!(next, Tbody | Thead | Tfoot),
            Option => next == Option,
            A => next == A,
            Button => next == Button,
            _ => self.level().is_some() && next.level().is_some(),
        }
    }

    /// An implied end looks no further up than this element.
    pub(super) fn bounds(self, next: Tag) -> bool {
        use Tag::*;
        match next {
            Li => matches!(self, Ul | Ol | Menu | Table | Td | Th | Blockquote | Section | Article),
            Dt | Dd => matches!(self, Dl | Table | Td | Th | Blockquote | Section | Article),
            Td | Th | Tr | Tbody | Thead | Tfoot => self == Table,
            // Above an open paragraph there are only inline elements.
            _ => self.is_block() && !matches!(self, P | H1 | H2 | H3 | H4 | H5 | H6),
        }
    }
}
