namespace MLNet.Dispersion.Text;

/// <summary>Reads a whole tokenizer.json.</summary>
internal static class PipelineReader
{
    internal const string File = "tokenizer.json";

    private static readonly string[] Known = ["version", "truncation", "padding", "added_tokens", "normalizer", "pre_tokenizer", "post_processor", "decoder", "model"];

    /// <summary>Reads it into parts that can still be changed.</summary>
    internal static PipelineParts ReadParts(JsonField root)
    {
        foreach ((string name, JsonField value) in root.Members())
        {
            if (!Known.Contains(name, StringComparer.Ordinal))
            {
                throw value.Fail("a tokenizer.json has no such field");
            }
        }

        if (root.Find("version") is { } version && version.AsString() != "1.0")
        {
            throw version.Fail("the version must be 1.0");
        }

        TokenModel model = ModelReader.Read(root);
        return new PipelineParts
        {
            Model = model,
            Normalizer = root.Component("normalizer") is { } normalizer ? NormalizerReader.Read(normalizer) : null,
            Cutter = root.Component("pre_tokenizer") is { } cutter ? CutterReader.Read(cutter) : null,
            Processor = root.Component("post_processor") is { } processor ? ProcessorReader.Read(processor, model.PieceOf) : null,
            Decoder = root.Component("decoder") is { } decoder ? DecoderReader.Read(decoder) : null,
            AddedTokens = root.Find("added_tokens")?.Each(ReadAddedToken) ?? [],
            Truncation = root.Component("truncation") is { } truncation ? ReadTruncation(truncation) : null,
            Padding = root.Component("padding") is { } padding ? ReadPadding(padding) : null,
        };
    }

    private static AddedToken ReadAddedToken(JsonField token)
    {
        token.Get("id").AsIndex(int.MaxValue, "the id of a token");
        return new AddedToken(token.Text("content"))
        {
            Special = token.Flag("special"),
            SingleWord = token.Flag("single_word"),
            LeftStrip = token.Flag("lstrip"),
            RightStrip = token.Flag("rstrip"),
            Normalized = token.Flag("normalized"),
        };
    }

    private static TextTruncation ReadTruncation(JsonField field) => new()
    {
        MaxLength = field.Number("max_length"),
        Strategy = field.Get("strategy").Choice<TruncationStrategy>(),
        Stride = field.Number("stride"),
        Side = field.FindOrNull("direction")?.Choice<TextSide>() ?? TextSide.Right,
    };

    private static TextPadding ReadPadding(JsonField field)
    {
        JsonField strategy = field.Get("strategy");
        bool longest = !strategy.IsObject && strategy.AsString() == "BatchLongest";
        if (!longest && !strategy.IsObject)
        {
            throw strategy.Fail("it must be \"BatchLongest\" or {\"Fixed\": …}");
        }

        return new TextPadding
        {
            Length = longest ? null : strategy.Number("Fixed"),
            MultipleOf = field.Find("pad_to_multiple_of")?.AsIndex(int.MaxValue, "pad_to_multiple_of"),
            Side = field.Get("direction").Choice<TextSide>(),
            TokenId = field.Get("pad_id").AsTokenId(),
            TypeId = field.Number("pad_type_id"),
            Token = field.Text("pad_token"),
        };
    }
}

/// <summary>The parts of a pipeline before they are put together.</summary>
internal sealed record PipelineParts
{
    internal required TokenModel Model { get; init; }

    internal TextNormalizer? Normalizer { get; init; }

    internal TextCutter? Cutter { get; init; }

    internal PostProcessor? Processor { get; init; }

    internal TokenDecoder? Decoder { get; init; }

    internal IReadOnlyList<AddedToken> AddedTokens { get; init; } = [];

    internal TextTruncation? Truncation { get; init; }

    internal TextPadding? Padding { get; init; }

    /// <summary>Puts them together.</summary>
    internal TokenPipeline Assemble() => new(Model, Normalizer, Cutter, Processor, Decoder, new AddedVocabulary(Model, Normalizer, AddedTokens)) { Truncation = Truncation, Padding = Padding };
}
