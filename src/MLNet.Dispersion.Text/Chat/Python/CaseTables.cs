using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Large, small, title and folded forms of characters by Unicode's full mapping, as Python gives them. .NET maps one character to one; what differs from that is listed here.</summary>
internal static class CaseTables
{
    // Each entry: the character, then its form, then a bar.
    private const string UpperForms =
        "\u00dfSS|\u0149\u02bcN|\u01f0J\u030c|\u0390\u0399\u0308\u0301|\u03b0\u03a5\u0308\u0301|\u0587\u0535\u0552|\u1e96H\u0331|\u1e97T\u0308|\u1e98W\u030a|"
        + "\u1e99Y\u030a|\u1e9aA\u02be|\u1f50\u03a5\u0313|\u1f52\u03a5\u0313\u0300|\u1f54\u03a5\u0313\u0301|\u1f56\u03a5\u0313\u0342|\u1f80\u1f08\u0399|\u1f81\u1f09\u0399|"
        + "\u1f82\u1f0a\u0399|\u1f83\u1f0b\u0399|\u1f84\u1f0c\u0399|\u1f85\u1f0d\u0399|\u1f86\u1f0e\u0399|\u1f87\u1f0f\u0399|\u1f88\u1f08\u0399|\u1f89\u1f09\u0399|"
        + "\u1f8a\u1f0a\u0399|\u1f8b\u1f0b\u0399|\u1f8c\u1f0c\u0399|\u1f8d\u1f0d\u0399|\u1f8e\u1f0e\u0399|\u1f8f\u1f0f\u0399|\u1f90\u1f28\u0399|\u1f91\u1f29\u0399|"
        + "\u1f92\u1f2a\u0399|\u1f93\u1f2b\u0399|\u1f94\u1f2c\u0399|\u1f95\u1f2d\u0399|\u1f96\u1f2e\u0399|\u1f97\u1f2f\u0399|\u1f98\u1f28\u0399|\u1f99\u1f29\u0399|"
        + "\u1f9a\u1f2a\u0399|\u1f9b\u1f2b\u0399|\u1f9c\u1f2c\u0399|\u1f9d\u1f2d\u0399|\u1f9e\u1f2e\u0399|\u1f9f\u1f2f\u0399|\u1fa0\u1f68\u0399|\u1fa1\u1f69\u0399|"
        + "\u1fa2\u1f6a\u0399|\u1fa3\u1f6b\u0399|\u1fa4\u1f6c\u0399|\u1fa5\u1f6d\u0399|\u1fa6\u1f6e\u0399|\u1fa7\u1f6f\u0399|\u1fa8\u1f68\u0399|\u1fa9\u1f69\u0399|"
        + "\u1faa\u1f6a\u0399|\u1fab\u1f6b\u0399|\u1fac\u1f6c\u0399|\u1fad\u1f6d\u0399|\u1fae\u1f6e\u0399|\u1faf\u1f6f\u0399|\u1fb2\u1fba\u0399|\u1fb3\u0391\u0399|"
        + "\u1fb4\u0386\u0399|\u1fb6\u0391\u0342|\u1fb7\u0391\u0342\u0399|\u1fbc\u0391\u0399|\u1fc2\u1fca\u0399|\u1fc3\u0397\u0399|\u1fc4\u0389\u0399|\u1fc6\u0397\u0342|"
        + "\u1fc7\u0397\u0342\u0399|\u1fcc\u0397\u0399|\u1fd2\u0399\u0308\u0300|\u1fd3\u0399\u0308\u0301|\u1fd6\u0399\u0342|\u1fd7\u0399\u0308\u0342|\u1fe2\u03a5\u0308\u0300|"
        + "\u1fe3\u03a5\u0308\u0301|\u1fe4\u03a1\u0313|\u1fe6\u03a5\u0342|\u1fe7\u03a5\u0308\u0342|\u1ff2\u1ffa\u0399|\u1ff3\u03a9\u0399|\u1ff4\u038f\u0399|"
        + "\u1ff6\u03a9\u0342|\u1ff7\u03a9\u0342\u0399|\u1ffc\u03a9\u0399|\ufb00FF|\ufb01FI|\ufb02FL|\ufb03FFI|\ufb04FFL|\ufb05ST|\ufb06ST|\ufb13\u0544\u0546|"
        + "\ufb14\u0544\u0535|\ufb15\u0544\u053b|\ufb16\u054e\u0546|\ufb17\u0544\u053d|";

    private const string TitleForms =
        "\u00dfSs|\u01c4\u01c5|\u01c5\u01c5|\u01c6\u01c5|\u01c7\u01c8|\u01c8\u01c8|\u01c9\u01c8|\u01ca\u01cb|\u01cb\u01cb|\u01cc\u01cb|\u01f1\u01f2|\u01f2\u01f2|"
        + "\u01f3\u01f2|\u0587\u0535\u0582|\u1f80\u1f88|\u1f81\u1f89|\u1f82\u1f8a|\u1f83\u1f8b|\u1f84\u1f8c|\u1f85\u1f8d|\u1f86\u1f8e|\u1f87\u1f8f|\u1f88\u1f88|"
        + "\u1f89\u1f89|\u1f8a\u1f8a|\u1f8b\u1f8b|\u1f8c\u1f8c|\u1f8d\u1f8d|\u1f8e\u1f8e|\u1f8f\u1f8f|\u1f90\u1f98|\u1f91\u1f99|\u1f92\u1f9a|\u1f93\u1f9b|\u1f94\u1f9c|"
        + "\u1f95\u1f9d|\u1f96\u1f9e|\u1f97\u1f9f|\u1f98\u1f98|\u1f99\u1f99|\u1f9a\u1f9a|\u1f9b\u1f9b|\u1f9c\u1f9c|\u1f9d\u1f9d|\u1f9e\u1f9e|\u1f9f\u1f9f|\u1fa0\u1fa8|"
        + "\u1fa1\u1fa9|\u1fa2\u1faa|\u1fa3\u1fab|\u1fa4\u1fac|\u1fa5\u1fad|\u1fa6\u1fae|\u1fa7\u1faf|\u1fa8\u1fa8|\u1fa9\u1fa9|\u1faa\u1faa|\u1fab\u1fab|\u1fac\u1fac|"
        + "\u1fad\u1fad|\u1fae\u1fae|\u1faf\u1faf|\u1fb2\u1fba\u0345|\u1fb3\u1fbc|\u1fb4\u0386\u0345|\u1fb7\u0391\u0342\u0345|\u1fbc\u1fbc|\u1fc2\u1fca\u0345|\u1fc3\u1fcc|"
        + "\u1fc4\u0389\u0345|\u1fc7\u0397\u0342\u0345|\u1fcc\u1fcc|\u1ff2\u1ffa\u0345|\u1ff3\u1ffc|\u1ff4\u038f\u0345|\u1ff7\u03a9\u0342\u0345|\u1ffc\u1ffc|\ufb00Ff|"
        + "\ufb01Fi|\ufb02Fl|\ufb03Ffi|\ufb04Ffl|\ufb05St|\ufb06St|\ufb13\u0544\u0576|\ufb14\u0544\u0565|\ufb15\u0544\u056b|\ufb16\u054e\u0576|\ufb17\u0544\u056d|";

    private const string FoldedForms =
        "\u00b5\u03bc|\u00dfss|\u0149\u02bcn|\u017fs|\u01f0j\u030c|\u0345\u03b9|\u0390\u03b9\u0308\u0301|\u03b0\u03c5\u0308\u0301|\u03c2\u03c3|\u03d0\u03b2|"
        + "\u03d1\u03b8|\u03d5\u03c6|\u03d6\u03c0|\u03f0\u03ba|\u03f1\u03c1|\u03f5\u03b5|\u0587\u0565\u0582|\u1c80\u0432|\u1c81\u0434|\u1c82\u043e|\u1c83\u0441|"
        + "\u1c84\u0442|\u1c85\u0442|\u1c86\u044a|\u1c87\u0463|\u1c88\ua64b|\u1e96h\u0331|\u1e97t\u0308|\u1e98w\u030a|\u1e99y\u030a|\u1e9aa\u02be|\u1e9b\u1e61|\u1e9ess|"
        + "\u1f50\u03c5\u0313|\u1f52\u03c5\u0313\u0300|\u1f54\u03c5\u0313\u0301|\u1f56\u03c5\u0313\u0342|\u1f80\u1f00\u03b9|\u1f81\u1f01\u03b9|\u1f82\u1f02\u03b9|"
        + "\u1f83\u1f03\u03b9|\u1f84\u1f04\u03b9|\u1f85\u1f05\u03b9|\u1f86\u1f06\u03b9|\u1f87\u1f07\u03b9|\u1f88\u1f00\u03b9|\u1f89\u1f01\u03b9|\u1f8a\u1f02\u03b9|"
        + "\u1f8b\u1f03\u03b9|\u1f8c\u1f04\u03b9|\u1f8d\u1f05\u03b9|\u1f8e\u1f06\u03b9|\u1f8f\u1f07\u03b9|\u1f90\u1f20\u03b9|\u1f91\u1f21\u03b9|\u1f92\u1f22\u03b9|"
        + "\u1f93\u1f23\u03b9|\u1f94\u1f24\u03b9|\u1f95\u1f25\u03b9|\u1f96\u1f26\u03b9|\u1f97\u1f27\u03b9|\u1f98\u1f20\u03b9|\u1f99\u1f21\u03b9|\u1f9a\u1f22\u03b9|"
        + "\u1f9b\u1f23\u03b9|\u1f9c\u1f24\u03b9|\u1f9d\u1f25\u03b9|\u1f9e\u1f26\u03b9|\u1f9f\u1f27\u03b9|\u1fa0\u1f60\u03b9|\u1fa1\u1f61\u03b9|\u1fa2\u1f62\u03b9|"
        + "\u1fa3\u1f63\u03b9|\u1fa4\u1f64\u03b9|\u1fa5\u1f65\u03b9|\u1fa6\u1f66\u03b9|\u1fa7\u1f67\u03b9|\u1fa8\u1f60\u03b9|\u1fa9\u1f61\u03b9|\u1faa\u1f62\u03b9|"
        + "\u1fab\u1f63\u03b9|\u1fac\u1f64\u03b9|\u1fad\u1f65\u03b9|\u1fae\u1f66\u03b9|\u1faf\u1f67\u03b9|\u1fb2\u1f70\u03b9|\u1fb3\u03b1\u03b9|\u1fb4\u03ac\u03b9|"
        + "\u1fb6\u03b1\u0342|\u1fb7\u03b1\u0342\u03b9|\u1fbc\u03b1\u03b9|\u1fbe\u03b9|\u1fc2\u1f74\u03b9|\u1fc3\u03b7\u03b9|\u1fc4\u03ae\u03b9|\u1fc6\u03b7\u0342|"
        + "\u1fc7\u03b7\u0342\u03b9|\u1fcc\u03b7\u03b9|\u1fd2\u03b9\u0308\u0300|\u1fd3\u03b9\u0308\u0301|\u1fd6\u03b9\u0342|\u1fd7\u03b9\u0308\u0342|\u1fe2\u03c5\u0308\u0300|"
        + "\u1fe3\u03c5\u0308\u0301|\u1fe4\u03c1\u0313|\u1fe6\u03c5\u0342|\u1fe7\u03c5\u0308\u0342|\u1ff2\u1f7c\u03b9|\u1ff3\u03c9\u03b9|\u1ff4\u03ce\u03b9|"
        + "\u1ff6\u03c9\u0342|\u1ff7\u03c9\u0342\u03b9|\u1ffc\u03c9\u03b9|\ufb00ff|\ufb01fi|\ufb02fl|\ufb03ffi|\ufb04ffl|\ufb05st|\ufb06st|\ufb13\u0574\u0576|"
        + "\ufb14\u0574\u0565|\ufb15\u0574\u056b|\ufb16\u057e\u0576|\ufb17\u0574\u056d|";

    private static readonly FrozenDictionary<Rune, string> Uppers = Read(UpperForms);
    private static readonly FrozenDictionary<Rune, string> Titles = Read(TitleForms);
    private static readonly FrozenDictionary<Rune, string> Foldings = Read(FoldedForms);

    internal static string Upper(Rune rune) => Uppers.TryGetValue(rune, out string? form) ? form : SimpleUpper(rune).ToString();

    internal static string Lower(Rune rune) => rune.Value == 0x130 ? "i\u0307" : Rune.ToLowerInvariant(rune).ToString();

    internal static string Title(Rune rune) => Titles.TryGetValue(rune, out string? form) ? form : IsGeorgian(rune) ? rune.ToString() : Upper(rune);

    internal static string Folded(Rune rune) => Foldings.TryGetValue(rune, out string? form) ? form : IsCherokee(rune) ? Upper(rune) : Lower(rune);

    internal static bool IsUpper(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.UppercaseLetter || rune.Value is (>= 0x2160 and <= 0x216f) or (>= 0x24b6 and <= 0x24cf) or (>= 0x1f130 and <= 0x1f149) or (>= 0x1f150 and <= 0x1f169) or (>= 0x1f170 and <= 0x1f189);

    internal static bool IsLower(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.LowercaseLetter || rune.Value is 0xaa or 0xba or (>= 0x2b0 and <= 0x2b8) or 0x2c0 or 0x2c1 or (>= 0x2e0 and <= 0x2e4) or 0x345 or 0x37a
        or (>= 0x1d2c and <= 0x1d6a) or 0x1d78 or (>= 0x1d9b and <= 0x1dbf) or 0x2071 or 0x207f or (>= 0x2090 and <= 0x209c) or (>= 0x2170 and <= 0x217f) or (>= 0x24d0 and <= 0x24e9) or 0x2c7c or 0x2c7d or 0xa69c or 0xa69d or 0xa770 or 0xa7f8 or 0xa7f9 or (>= 0xab5c and <= 0xab5f);

    /// <summary>Whether it is a letter that has a case.</summary>
    internal static bool IsCased(Rune rune) => Rune.GetUnicodeCategory(rune) == UnicodeCategory.TitlecaseLetter || IsUpper(rune) || IsLower(rune);

    /// <summary>Whether it is passed over where the end of a word is looked for.</summary>
    internal static bool IsIgnorable(Rune rune) => Rune.GetUnicodeCategory(rune) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format or UnicodeCategory.ModifierLetter or UnicodeCategory.ModifierSymbol
        || rune.Value is '\'' or '.' or ':' or 0xb7 or 0x387 or 0x55f or 0x5f4 or 0x2018 or 0x2019 or 0x2024 or 0x2027 or 0xfe13 or 0xfe52 or 0xfe55 or 0xff07 or 0xff0e or 0xff1a;

    // .NET leaves these two alone, which have no way back.
    private static Rune SimpleUpper(Rune rune) => rune.Value switch
    {
        0x131 => new Rune('I'),
        0x17f => new Rune('S'),
        _ => Rune.ToUpperInvariant(rune),
    };

    private static bool IsGeorgian(Rune rune) => rune.Value is >= 0x10d0 and <= 0x10ff;

    private static bool IsCherokee(Rune rune) => rune.Value is (>= 0x13a0 and <= 0x13fd) or (>= 0xab70 and <= 0xabbf);

    private static FrozenDictionary<Rune, string> Read(string forms) => forms.Split('|', StringSplitOptions.RemoveEmptyEntries)
        .ToFrozenDictionary(entry => Rune.GetRuneAt(entry, 0), entry => entry[Rune.GetRuneAt(entry, 0).Utf16SequenceLength..]);
}
