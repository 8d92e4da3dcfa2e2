namespace MLNet.Dispersion.Text;

/// <summary>Reads the pre-tokenizer of a tokenizer.json.</summary>
internal static class CutterReader
{
    private const int DefaultLength = 5;

    /// <summary>GPT-2's words.</summary>
    internal const string Gpt2Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly Lazy<PatternCutter> Gpt2 = new(() => new PatternCutter(TextPattern.Parse(Gpt2Pattern), CutBehavior.Isolated, invert: false));

    /// <summary>Cuts at GPT-2's words.</summary>
    internal static TextCutter Gpt2Words => Gpt2.Value;

    internal static TextCutter Read(JsonField field)
    {
        string type = JsonReading.TypeOf(field);
        return type switch
        {
            "Sequence" => new SequenceCutter(field.Get("pretokenizers").Each(Read)),
            "ByteLevel" => ByteLevel(field),
            "Whitespace" => new WhitespaceCutter(),
            "WhitespaceSplit" => new SetCutter(CutterSets.Space, CutBehavior.Removed),
            "BertPreTokenizer" => new BertCutter(),
            "CharDelimiterSplit" => new SetCutter(CodePointSet.Single(CodePoints.At(field.Character("delimiter"), 0)), CutBehavior.Removed),
            "Metaspace" => new MetaspaceCutter(field.Character("replacement"), Scheme(field), field.FlagOr("split", true)),
            "Punctuation" => new SetCutter(CutterSets.Punctuation, field.FindOrNull("behavior")?.Choice<CutBehavior>() ?? CutBehavior.Isolated),
            "Digits" => new SetCutter(CutterSets.Number, field.Flag("individual_digits") ? CutBehavior.Isolated : CutBehavior.Contiguous),
            "FixedLength" => new FixedLengthCutter(field.FindOrNull("length")?.AsIndex(int.MaxValue, "length") ?? DefaultLength),
            "Split" => new PatternCutter(field.Pattern("pattern"), field.Get("behavior").Choice<CutBehavior>(), field.Flag("invert")),
            "UnicodeScripts" => new ScriptCutter(),
            _ => throw field.Fail($"there is no pre-tokenizer {Printable.Name(type)}"),
        };
    }

    /// <summary>When a blank is put in front, of a pre-tokenizer or a decoder.</summary>
    internal static PrependScheme Scheme(JsonField field)
    {
        PrependScheme scheme = field.FindOrNull("prepend_scheme") is not { } stated ? PrependScheme.Always : stated.AsString() switch
        {
            "always" => PrependScheme.Always,
            "first" => PrependScheme.First,
            "never" => PrependScheme.Never,
            _ => throw stated.Fail("it must be one of first, never, always"),
        };
        return field.Find("add_prefix_space")?.AsBoolean() != false || scheme == PrependScheme.Never
            ? scheme
            : throw field.Fail("its add_prefix_space is false, which prepend_scheme \"never\" alone agrees with");
    }

    private static ByteLevelCutter ByteLevel(JsonField field)
    {
        field.Flag("trim_offsets");
        return new ByteLevelCutter(field.Flag("add_prefix_space"), field.FlagOr("use_regex", true) ? Gpt2Words : null);
    }
}
