//! The data sets that can be fetched: their files, what those must be, and where they are kept.

/// A data set on the internet.
#[derive(Debug)]
#[cfg_attr(not(feature = "fetch"), allow(dead_code))]
pub struct Known {
    /// What it is called on the command line; also the folder it goes to.
    pub name: &'static str,
    /// What is in it.
    pub about: &'static str,
    /// Who may do what with it.
    pub licence: &'static str,
    /// Where it is kept: the name of a file follows each address. They are tried in turn.
    pub mirrors: &'static [&'static str],
    /// Its files.
    pub files: &'static [File],
    /// The names of its classes, where no file of it says them.
    pub classes: &'static [&'static str],
    /// A network to train on it, as the end of a command.
    pub train: &'static str,
}

/// A file of a data set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct File {
    /// Its name at every mirror, and in the folder.
    pub name: &'static str,
    /// How long it is.
    pub bytes: u64,
    /// SHA-256 of its content, in hexadecimal.
    pub sha256: &'static str,
}

impl Known {
    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.files.iter().map(|file| file.bytes).sum()
    }
}

/// The data set of a name.
pub fn find(name: &str) -> Option<&'static Known> {
    KNOWN.iter().find(|known| known.name == name)
}

const fn file(name: &'static str, bytes: u64, sha256: &'static str) -> File {
    File {
        name,
        bytes,
        sha256,
    }
}

/// Every data set that can be fetched. Lengths and checksums are those that TensorFlow Datasets publishes
/// (`url_checksums/*.txt`).
pub const KNOWN: &[Known] = &[
    Known {
        name: "mnist",
        about: "70 000 handwritten digits, 28×28 grey, 10 classes",
        licence: "CC BY-SA 3.0",
        mirrors: &[
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ],
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                9_912_422,
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                28_881,
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                1_648_877,
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                4_542,
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
        ],
        classes: &[],
        train: "mnist-cnn --data FOLDER",
    },
    Known {
        name: "fashion-mnist",
        about: "70 000 pieces of clothing, 28×28 grey, 10 classes",
        licence: "MIT",
        mirrors: &[
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        ],
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                26_421_880,
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                29_515,
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                4_422_102,
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                5_148,
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            ),
        ],
        classes: &[
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ],
        train: "mnist-cnn --data FOLDER",
    },
    Known {
        name: "kmnist",
        about: "70 000 cursive Japanese characters, 28×28 grey, 10 classes",
        licence: "CC BY-SA 4.0",
        mirrors: &["https://codh.rois.ac.jp/kmnist/dataset/kmnist/"],
        files: &[
            file(
                "train-images-idx3-ubyte.gz",
                18_165_135,
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            ),
            file(
                "train-labels-idx1-ubyte.gz",
                29_497,
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            ),
            file(
                "t10k-images-idx3-ubyte.gz",
                3_041_136,
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            ),
            file(
                "t10k-labels-idx1-ubyte.gz",
                5_120,
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            ),
        ],
        classes: &["o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"],
        train: "mnist-cnn --data FOLDER",
    },
    Known {
        name: "emnist",
        about: "handwritten letters and digits, 28×28 grey, in six divisions of 10 to 62 classes",
        licence: "public domain",
        mirrors: &[
            "https://biometrics.nist.gov/cs_links/EMNIST/",
            "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/",
        ],
        files: &[file(
            "gzip.zip",
            561_753_746,
            "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
        )],
        classes: &[],
        train: "mnist-cnn --data FOLDER --set data.subset=digits",
    },
    Known {
        name: "cifar10",
        about: "60 000 photographs, 32×32 in colour, 10 classes",
        licence: "none stated; to be cited as Krizhevsky 2009",
        mirrors: &[
            "https://www.cs.toronto.edu/~kriz/",
            "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/CIFAR10/",
        ],
        files: &[file(
            "cifar-10-binary.tar.gz",
            170_052_171,
            "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        )],
        classes: &[],
        train: "cifar10-resnet20 --data FOLDER",
    },
    Known {
        name: "cifar100",
        about: "60 000 photographs, 32×32 in colour, 100 classes in 20 groups",
        licence: "none stated; to be cited as Krizhevsky 2009",
        mirrors: &[
            "https://www.cs.toronto.edu/~kriz/",
            "https://mindspore-website.obs.cn-north-4.myhuaweicloud.com/notebook/datasets/",
        ],
        files: &[file(
            "cifar-100-binary.tar.gz",
            168_513_733,
            "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        )],
        classes: &[],
        train: "cifar10-resnet20 --data FOLDER",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_whole() {
        for known in KNOWN {
            assert!(!known.files.is_empty() && !known.mirrors.is_empty());
            for mirror in known.mirrors {
                assert!(
                    mirror.starts_with("https://") && mirror.ends_with('/'),
                    "{mirror}"
                );
            }
            for file in known.files {
                assert!(file.bytes > 0);
                assert_eq!(file.sha256.len(), 64, "{}", file.name);
                assert!(
                    file.sha256
                        .bytes()
                        .all(|c| matches!(c, b'0'..=b'9' | b'a'..=b'f'))
                );
                assert!(!file.name.contains(['/', '\\']) && !file.name.starts_with('.'));
            }
        }
        assert!(find("cifar10").is_some() && find("cifar11").is_none());
    }
}
