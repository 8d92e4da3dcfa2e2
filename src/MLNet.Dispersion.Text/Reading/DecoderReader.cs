namespace MLNet.Dispersion.Text;

/// <summary>Reads the decoder of a tokenizer.json.</summary>
internal static class DecoderReader
{
    internal static TokenDecoder Read(JsonField field)
    {
        string type = JsonReading.TypeOf(field);
        return type switch
        {
            "Sequence" => new SequenceDecoder(field.Get("decoders").Each(Read)),
            "BPEDecoder" => new SuffixDecoder(field.Text("suffix")),
            "ByteLevel" => ByteLevel(field),
            "WordPiece" => new WordPieceDecoder(field.Text("prefix"), field.Flag("cleanup")),
            "Metaspace" => new MetaspaceDecoder(field.Character("replacement"), CutterReader.Scheme(field) != PrependScheme.Never),
            "CTC" => new CtcDecoder(field.Text("pad_token"), field.Text("word_delimiter_token"), field.Flag("cleanup")),
            "Fuse" => new FuseDecoder(),
            "Strip" => new StripDecoder(field.Character("content"), field.Number("start"), field.Number("stop")),
            "ByteFallback" => new ByteFallbackDecoder(),
            "Replace" => new ReplaceDecoder(field.Pattern("pattern"), field.Text("content")),
            _ => throw field.Fail($"there is no decoder {Printable.Name(type)}"),
        };
    }

    private static ByteLevelDecoder ByteLevel(JsonField field)
    {
        field.Flag("add_prefix_space");
        field.Flag("trim_offsets");
        field.FlagOr("use_regex", true);
        return new ByteLevelDecoder();
    }
}
