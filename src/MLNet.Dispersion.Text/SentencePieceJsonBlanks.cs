namespace MLNet.Dispersion.Text;

/// <summary>Reads how a sentence-piece style tokenizer.json treats spaces: by a normalizer of Prepend and Replace, or by the pre-tokenizer Metaspace.</summary>
internal static class SentencePieceJsonBlanks
{
    private const string Blank = "\u2581";
    private const string Cure = "Put the model's tokenizer.model in the place of this file";

    internal static BlankPrefix Read(JsonField? normalizer, JsonField? preTokenizer, JsonField root)
    {
        bool prepends = false;
        bool replaces = false;
        foreach (JsonField step in Steps(normalizer, "normalizers"))
        {
            switch (step.Get("type").AsString())
            {
                case "Prepend" when step.Get("prepend").AsString() == Blank:
                    prepends = true;
                    break;
                case "Replace" when step.Get("content").AsString() == Blank && step.Get("pattern").Find("String")?.AsString() == " ":
                    replaces = true;
                    break;
                default:
                    throw step.Fail($"with byte_fallback, only a Prepend of \"{Blank}\" and a Replace of \" \" by \"{Blank}\" are supported. {Cure}");
            }
        }

        if (preTokenizer is { } metaspace)
        {
            return replaces || prepends ? throw metaspace.Fail($"a normalizer treats the spaces already. {Cure}") : ReadMetaspace(metaspace);
        }

        return replaces
            ? prepends ? BlankPrefix.Every : BlankPrefix.None
            : throw root.Fail($"its BPE is neither byte-level (pre_tokenizer ByteLevel) nor does it write spaces as \"{Blank}\". {Cure}");
    }

    private static BlankPrefix ReadMetaspace(JsonField field)
    {
        bool known = field.Get("type").AsString() == "Metaspace"
            && (field.Find("replacement")?.AsString() ?? Blank) == Blank
            && field.Find("split")?.AsBoolean() == false;
        string scheme = field.Find("prepend_scheme")?.AsString() ?? "always";
        return (known, scheme) switch
        {
            (true, "always") => BlankPrefix.Every,
            (true, "first") => BlankPrefix.First,
            (true, "never") => BlankPrefix.None,
            _ => throw field.Fail($"with byte_fallback, only a Metaspace with split false, \"{Blank}\" and prepend_scheme always, first or never is supported. {Cure}"),
        };
    }

    private static IEnumerable<JsonField> Steps(JsonField? normalizer, string listName) => normalizer switch
    {
        null => [],
        { } field when field.Get("type").AsString() == "Sequence" => field.Get(listName).Items(),
        { } field => [field],
    };
}
