using System.Globalization;

namespace MLNet.Dispersion.Text;

/// <summary>The sets that patterns name: general categories, scripts, blocks, the POSIX classes. Thread-safe.</summary>
internal static class PatternProperties
{
    private static readonly Dictionary<string, UnicodeCategory[]> Categories = MakeCategories();
    private static readonly Lazy<Dictionary<string, Lazy<CodePointSet>>> ScriptsAndBlocks = new(ReadScriptsAndBlocks);
    private static readonly Dictionary<string, CodePointSet> Found = new(StringComparer.Ordinal);

    /// <summary>Letters, marks, decimal digits, connectors and what else is alphabetic.</summary>
    internal static CodePointSet Word => Get("word");

    /// <summary>White space.</summary>
    internal static CodePointSet Space => Get("space");

    /// <summary>Decimal digits.</summary>
    internal static CodePointSet Digit => Get("digit");

    /// <summary>Hexadecimal digits.</summary>
    internal static CodePointSet HexDigit => Get("xdigit");

    /// <summary>The set of a name as written behind <c>\p</c>, or null where there is none.</summary>
    internal static CodePointSet? Find(string name)
    {
        string key = Key(name);
        lock (Found)
        {
            if (!Found.TryGetValue(key, out CodePointSet? set) && (set = Make(key)) is not null)
            {
                Found.Add(key, set);
            }

            return set;
        }
    }

    /// <summary>The set of a POSIX bracket such as <c>[:alpha:]</c>, or null where there is none.</summary>
    internal static CodePointSet? FindPosix(string name) => name switch
    {
        "punct" => Get("punct").Union(Get("s")),
        "alnum" or "alpha" or "blank" or "cntrl" or "digit" or "graph" or "lower" or "print" or "space" or "upper" or "xdigit" or "word" or "ascii" => Get(name),
        _ => null,
    };

    private static CodePointSet Get(string name) => Find(name)!;

    /// <summary>A name as it is looked for: in lower case, without blanks and strokes.</summary>
    private static string Key(string name)
    {
        char[] kept = new char[name.Length];
        int length = 0;
        foreach (char c in name)
        {
            if (c is not (' ' or '_' or '-'))
            {
                kept[length++] = char.ToLowerInvariant(c);
            }
        }

        return new string(kept, 0, length);
    }

    private static CodePointSet? Make(string key) => key switch
    {
        "any" => CodePointSet.All,
        "ascii" => CodePointSet.Of(0, 0x7F),
        "assigned" => Get("cn").Complement(),
        "alpha" or "alphabetic" => UnicodeProperties.Property("Alphabetic"),
        "alnum" => Get("alpha").Union(Get("nd")),
        "digit" => Get("nd"),
        "lower" or "lowercase" => UnicodeProperties.Property("Lowercase"),
        "upper" or "uppercase" => UnicodeProperties.Property("Uppercase"),
        "space" or "whitespace" => UnicodeProperties.Property("White_Space"),
        "blank" => Get("zs").Union(CodePointSet.Single('\t')),
        "cntrl" => Get("cc"),
        "xdigit" => CodePointSet.Of('0', '9', 'A', 'F', 'a', 'f'),
        "word" => Get("alpha").Union(Get("m")).Union(Get("nd")).Union(Get("pc")),
        "graph" => Get("space").Union(Get("cc")).Union(Get("cn")).Union(Get("cs")).Complement(),
        "print" => Get("graph").Union(Get("zs")),
        "emoji" => UnicodeProperties.Property("Emoji"),
        "emojipresentation" => UnicodeProperties.Property("Emoji_Presentation"),
        "emojimodifier" => UnicodeProperties.Property("Emoji_Modifier"),
        "emojimodifierbase" => UnicodeProperties.Property("Emoji_Modifier_Base"),
        "emojicomponent" => UnicodeProperties.Property("Emoji_Component"),
        "extendedpictographic" => UnicodeProperties.Property("Extended_Pictographic"),
        _ => Categories.TryGetValue(key, out UnicodeCategory[]? categories) ? CodePointSet.OfCategories(categories) : ScriptsAndBlocks.Value.GetValueOrDefault(key)?.Value,
    };

    private static Dictionary<string, Lazy<CodePointSet>> ReadScriptsAndBlocks()
    {
        var sets = new Dictionary<string, Lazy<CodePointSet>>(StringComparer.Ordinal);
        foreach ((string name, Lazy<CodePointSet> set) in UnicodeProperties.Scripts)
        {
            sets.TryAdd(Key(name), set);
        }

        foreach ((string name, Lazy<CodePointSet> set) in UnicodeProperties.Blocks)
        {
            sets.TryAdd("in" + Key(name), set);
        }

        return sets;
    }

    private static Dictionary<string, UnicodeCategory[]> MakeCategories()
    {
        var categories = new Dictionary<string, UnicodeCategory[]>(StringComparer.Ordinal);
        void Add(string shortName, string longName, params UnicodeCategory[] members)
        {
            categories[Key(shortName)] = members;
            foreach (string name in longName.Split(','))
            {
                categories[Key(name)] = members;
            }
        }

        Add("Lu", "Uppercase_Letter", UnicodeCategory.UppercaseLetter);
        Add("Ll", "Lowercase_Letter", UnicodeCategory.LowercaseLetter);
        Add("Lt", "Titlecase_Letter", UnicodeCategory.TitlecaseLetter);
        Add("Lm", "Modifier_Letter", UnicodeCategory.ModifierLetter);
        Add("Lo", "Other_Letter", UnicodeCategory.OtherLetter);
        Add("LC", "Cased_Letter", UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter);
        Add("L", "Letter", UnicodeCategory.UppercaseLetter, UnicodeCategory.LowercaseLetter, UnicodeCategory.TitlecaseLetter, UnicodeCategory.ModifierLetter, UnicodeCategory.OtherLetter);
        Add("Mn", "Nonspacing_Mark", UnicodeCategory.NonSpacingMark);
        Add("Mc", "Spacing_Mark", UnicodeCategory.SpacingCombiningMark);
        Add("Me", "Enclosing_Mark", UnicodeCategory.EnclosingMark);
        Add("M", "Mark,Combining_Mark", UnicodeCategory.NonSpacingMark, UnicodeCategory.SpacingCombiningMark, UnicodeCategory.EnclosingMark);
        Add("Nd", "Decimal_Number", UnicodeCategory.DecimalDigitNumber);
        Add("Nl", "Letter_Number", UnicodeCategory.LetterNumber);
        Add("No", "Other_Number", UnicodeCategory.OtherNumber);
        Add("N", "Number", UnicodeCategory.DecimalDigitNumber, UnicodeCategory.LetterNumber, UnicodeCategory.OtherNumber);
        Add("Pc", "Connector_Punctuation", UnicodeCategory.ConnectorPunctuation);
        Add("Pd", "Dash_Punctuation", UnicodeCategory.DashPunctuation);
        Add("Ps", "Open_Punctuation", UnicodeCategory.OpenPunctuation);
        Add("Pe", "Close_Punctuation", UnicodeCategory.ClosePunctuation);
        Add("Pi", "Initial_Punctuation", UnicodeCategory.InitialQuotePunctuation);
        Add("Pf", "Final_Punctuation", UnicodeCategory.FinalQuotePunctuation);
        Add("Po", "Other_Punctuation", UnicodeCategory.OtherPunctuation);
        Add("P", "Punctuation,Punct", UnicodeCategory.ConnectorPunctuation, UnicodeCategory.DashPunctuation, UnicodeCategory.OpenPunctuation, UnicodeCategory.ClosePunctuation, UnicodeCategory.InitialQuotePunctuation, UnicodeCategory.FinalQuotePunctuation, UnicodeCategory.OtherPunctuation);
        Add("Sm", "Math_Symbol", UnicodeCategory.MathSymbol);
        Add("Sc", "Currency_Symbol", UnicodeCategory.CurrencySymbol);
        Add("Sk", "Modifier_Symbol", UnicodeCategory.ModifierSymbol);
        Add("So", "Other_Symbol", UnicodeCategory.OtherSymbol);
        Add("S", "Symbol", UnicodeCategory.MathSymbol, UnicodeCategory.CurrencySymbol, UnicodeCategory.ModifierSymbol, UnicodeCategory.OtherSymbol);
        Add("Zs", "Space_Separator", UnicodeCategory.SpaceSeparator);
        Add("Zl", "Line_Separator", UnicodeCategory.LineSeparator);
        Add("Zp", "Paragraph_Separator", UnicodeCategory.ParagraphSeparator);
        Add("Z", "Separator", UnicodeCategory.SpaceSeparator, UnicodeCategory.LineSeparator, UnicodeCategory.ParagraphSeparator);
        Add("Cc", "Control", UnicodeCategory.Control);
        Add("Cf", "Format", UnicodeCategory.Format);
        Add("Cs", "Surrogate", UnicodeCategory.Surrogate);
        Add("Co", "Private_Use", UnicodeCategory.PrivateUse);
        Add("Cn", "Unassigned", UnicodeCategory.OtherNotAssigned);
        Add("C", "Other", UnicodeCategory.Control, UnicodeCategory.Format, UnicodeCategory.Surrogate, UnicodeCategory.PrivateUse, UnicodeCategory.OtherNotAssigned);
        return categories;
    }
}
