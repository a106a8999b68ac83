import Foundation

/// A toolchain of 100 bytes, which says that it is Swift 6.3.1, with signatures by three keys that were made for it.
/// Where it is called plain, it is base64.
enum SignedToolchain {
    static let name = "swift-6.3.1-RELEASE-debian12"

    /// The archive; plain.
    static let archive = """
        H4sIAAAAAAACA+3SoRKCQBCA4cs8xYlFA8KBB9lAM8kTgOJ4BWc40NdXsaFjEmTG/yu7Ydu/9mqOjRevopXyduk23WSpdygL
        k1cq9MV3BHeJ1t2868/XXYVqrYXUYgStbfJaSvGn7Kf+ra393/RPdEz/SfQvTOWP3j/SIf2n0787GrB/EvX6r2MVCBnQf3Dz
        2bPwySn3p7N0s0dqeSlra86V7P5CLt48ydJ1BAAAAAAAAAAAAAAAmIYbFvvvmAAoAAA=
        """

    /// By the key that is trusted; plain.
    static let signature = """
        iHUEABYIAB0WIQSG2wp6svZ8EtSLQyncIkXgq9b09gUCaweiQQAKCRDcIkXgq9b09kfPAP97T8NDtOoyMJQchwCqUXWiS63x
        V0WEyWLs6YhSLsJ8HwEAzZiX8RpafP6NEOapPzRJsNQV20fSna6euJT610NoBQ0=
        """

    /// By another key; plain.
    static let foreignSignature = """
        iHUEABYIAB0WIQTh4bTpkC4KRreKYNyRnw53dz2QbgUCaweiQQAKCRCRnw53dz2Qbm1vAQCJng6pJVIzwk30+ozML6AZd2v/
        jSHcX6g1YSRqskscaAEAmGFPby/vTcoNLVw5bLh8czBwwyDPLcHiKXXB7W/yOwo=
        """

    /// By a key that ended in January 2025; plain.
    static let expiredSignature = """
        iHUEABYIAB0WIQQaQGrPlDgFB9RcfX1Hm9k5IRrTRQUCZ3STkAAKCRBHm9k5IRrTRTDLAQCTkPXNPgxqT6JtJvXE2krJWTyx
        lEssSI6h4CWwSyqz4AEAgq5lN55Lmvd0Sf3ZPDpwri5BN/5dLO3puM+vd971IQU=
        """

    /// The key that is trusted.
    static let key = """
        -----BEGIN PGP PUBLIC KEY BLOCK-----

        mDMEaweiQBYJKwYBBAHaRw8BAQdAvo5lvbiA5mLrTMkFhZ0yMvAfe/KI1sVoA+sa
        GU7YklK0Gmdvb2QgPGdvb2RAbWlycm9yLmludmFsaWQ+iJAEExYIADgWIQSG2wp6
        svZ8EtSLQyncIkXgq9b09gUCaweiQAIbAwULCQgHAgYVCgkICwIEFgIDAQIeAQIX
        gAAKCRDcIkXgq9b09oYEAQCuZLEbKU76xzg4HlObjeZaLuA38T1fH3BC0QyVYAFR
        XgEA1aPicuGXni/AY/S1Y0epdLS6K0C5hPFIHxXv/uqKkAc=
        =KBpl
        -----END PGP PUBLIC KEY BLOCK-----
        """

    /// The key that ended in January 2025.
    static let expiredKey = """
        -----BEGIN PGP PUBLIC KEY BLOCK-----

        mDMEZ3SFgBYJKwYBBAHaRw8BAQdAKLQgTAHW8o18IdWmZULNU6QTs03TyqhRd4/b
        cn+InR20GG9sZCA8b2xkQG1pcnJvci5pbnZhbGlkPoiWBBMWCAA+FiEEGkBqz5Q4
        BQfUXH19R5vZOSEa00UFAmd0hYACGwMFCQABUYAFCwkIBwIGFQoJCAsCBBYCAwEC
        HgECF4AACgkQR5vZOSEa00XufAEA4bS6edV2f41g/fiSpiivZ+rL7wAwnKvtDCDe
        VGgVKz8A/2etOGdrHcXsGQIw0BrM+KF+K4PAiM/P1XmImraf+x8A
        =5wgb
        -----END PGP PUBLIC KEY BLOCK-----
        """

    static func plain(_ text: String) -> Data { Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data() }
}
