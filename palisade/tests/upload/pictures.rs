//! Images keep their pixels, and lose metadata and hidden content.

use palisade::upload::{ImagePolicy, UploadError};

use super::samples::{
    SECRET, contains, every, gif, jpeg, picture, png, script_gif, tagged_jpeg, tagged_png, tagged_webp, webp,
};
use super::site::{Files, Site, file, form};

#[tokio::test]
async fn every_image_policy_accepts_every_file_type() {
    for pictures in [ImagePolicy::Keep, ImagePolicy::Strip, ImagePolicy::Recode] {
        let folder = Files::new();
        let site = Site::new(folder.uploads().image_policy(pictures));
        for (name, bytes) in every() {
            let upload = site.keep(name, &bytes).await;
            let served = site.bytes(&upload).await;
            assert_eq!(served.len() as u64, upload.bytes);
            if upload.file_type.is_image() {
                image::load_from_memory(&served)
                    .unwrap_or_else(|error| panic!("{name}, {pictures:?}: {error}"));
            }
        }
    }
}

#[tokio::test]
async fn visible_pixels_are_kept_exactly() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for (name, bytes) in [("a.png", png()), ("a.jpg", jpeg()), ("a.gif", gif()), ("a.webp", webp())] {
        let upload = site.keep(name, &bytes).await;
        assert_eq!(site.bytes(&upload).await, bytes, "{name} had no metadata");
    }
    let tagged = [("a.png", tagged_png()), ("a.webp", tagged_webp())];
    for (name, bytes) in tagged {
        let shown = image::load_from_memory(&site.bytes(&site.keep(name, &bytes).await).await).unwrap();
        assert_eq!(shown.to_rgb8(), picture(), "{name}");
    }
}

#[tokio::test]
async fn location_metadata_is_removed() {
    for pictures in [ImagePolicy::Strip, ImagePolicy::Recode] {
        let folder = Files::new();
        let site = Site::new(folder.uploads().image_policy(pictures));
        for (name, bytes) in [("a.png", tagged_png()), ("a.jpg", tagged_jpeg()), ("a.webp", tagged_webp())] {
            assert!(contains(&bytes, SECRET));
            let served = site.bytes(&site.keep(name, &bytes).await).await;
            assert!(!contains(&served, &SECRET[..7]), "{name}, {pictures:?}");
        }
    }
}

#[tokio::test]
async fn a_photograph_keeps_its_orientation() {
    let folder = Files::new();
    let (stripped, recoded) =
        (Site::new(folder.uploads()), Site::new(folder.uploads().image_policy(ImagePolicy::Recode)));

    let mut form = stripped.uploads.take(form(&[file("a.jpg", &tagged_jpeg())])).await.unwrap();
    assert_eq!(form.take_file("file").unwrap().dimensions(), Some((24, 40)), "the photograph is rotated");

    let served = stripped.bytes(&stripped.keep("a.jpg", &tagged_jpeg()).await).await;
    assert!(contains(&served, b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06"));
    assert_eq!(image::load_from_memory(&served).unwrap().width(), 40);

    let served = recoded.bytes(&recoded.keep("a.jpg", &tagged_jpeg()).await).await;
    assert!(!contains(&served, b"Exif"));
    assert_eq!(image::load_from_memory(&served).unwrap().width(), 24);
}

#[tokio::test]
async fn a_polyglot_becomes_a_plain_picture() {
    let folder = Files::new();
    for pictures in [ImagePolicy::Strip, ImagePolicy::Recode] {
        let site = Site::new(folder.uploads().image_policy(pictures));
        let served = site.bytes(&site.keep("a.gif", &script_gif()).await).await;
        assert!(!contains(&served, b"alert"), "{pictures:?}");
        assert!(served.ends_with(b";"), "the trailer is the last byte");
    }
    let site = Site::new(folder.uploads());
    assert_eq!(
        site.error("a.gif", b"GIF89a\x01\0\x01\0=1;alert(document.domain)//").await,
        UploadError::Damaged
    );
}

#[tokio::test]
async fn an_animation_keeps_its_frames() {
    use image::AnimationDecoder;
    let folder = Files::new();
    for pictures in [ImagePolicy::Keep, ImagePolicy::Strip, ImagePolicy::Recode] {
        let site = Site::new(folder.uploads().image_policy(pictures));
        let served = site.bytes(&site.keep("a.gif", &gif()).await).await;
        assert!(contains(&served, b"NETSCAPE2.0"), "it repeats, {pictures:?}");
        let frames = image::codecs::gif::GifDecoder::new(std::io::Cursor::new(served)).unwrap();
        assert_eq!(frames.into_frames().count(), 3, "{pictures:?}");
    }
}

#[tokio::test]
async fn unmodified_pictures_may_have_no_trailing_data() {
    let folder = Files::new();
    let site = Site::new(folder.uploads().image_policy(ImagePolicy::Keep));
    for (name, bytes) in every().into_iter().filter(|(name, _)| *name != "a.pdf") {
        assert_eq!(site.bytes(&site.keep(name, &bytes).await).await, bytes);
        let more = [&bytes[..], b"PK\x05\x06"].concat();
        assert_eq!(site.error(name, &more).await, UploadError::HiddenContent, "{name}");
    }
}

#[tokio::test]
async fn a_truncated_file_is_rejected_at_any_length() {
    let folder = Files::new();
    let site = Site::new(folder.uploads());
    for (name, bytes) in every() {
        let beginning = if name == "a.webp" { 16 } else { 8 };
        // The last byte of the PDF is a line break, which it does not need.
        for length in (beginning..bytes.len() - 1).step_by(7) {
            let mut form = site.uploads.take(form(&[file(name, &bytes[..length])])).await;
            assert!(
                form.is_err(),
                "{name} of {length} bytes: {:?}",
                form.as_mut().map(|form| form.take_file("file"))
            );
        }
    }
}
