namespace MLNet.Dispersion.Text;

/// <summary>Reads the post-processor of a tokenizer.json.</summary>
internal static class ProcessorReader
{
    internal static PostProcessor Read(JsonField field, Func<int, string?> pieceOf)
    {
        string type = JsonReading.TypeOf(field);
        return type switch
        {
            "Sequence" => new SequenceProcessor([.. field.Get("processors").Items().Select(step => Read(step, pieceOf))]),
            "ByteLevel" => new ByteLevelProcessor(Trimmer(field, field.Flag("trim_offsets"), pieceOf)),
            "BertProcessing" => new BertProcessor(field.TokenPair("sep"), field.TokenPair("cls")),

            // Without its own fields it is BERT's: so the reference reads it.
            "RobertaProcessing" => field.Find("trim_offsets") is { } trims && field.Find("add_prefix_space") is not null
                ? new RobertaProcessor(field.TokenPair("sep"), field.TokenPair("cls"), Trimmer(field, trims.AsBoolean(), pieceOf))
                : new BertProcessor(field.TokenPair("sep"), field.TokenPair("cls")),
            "TemplateProcessing" => Template(field),
            _ => throw field.Fail($"there is no post-processor {Printable.Name(type)}"),
        };
    }

    private static OffsetTrimmer? Trimmer(JsonField field, bool trims, Func<int, string?> pieceOf)
    {
        bool prefix = field.Flag("add_prefix_space");
        return trims ? new OffsetTrimmer(prefix, pieceOf) : null;
    }

    private static TemplateProcessor Template(JsonField field)
    {
        TemplatePart[] single = [.. field.Get("single").Items().Select(Part)];
        TemplatePart[] pair = [.. field.Get("pair").Items().Select(Part)];
        var tokens = new Dictionary<string, (int Id, string Text)[]>(StringComparer.Ordinal);
        foreach ((string name, JsonField definition) in field.Get("special_tokens").Members())
        {
            int[] ids = [.. definition.Get("ids").Items().Select(id => id.AsTokenId())];
            string[] texts = [.. definition.Get("tokens").Items().Select(text => text.AsString())];
            definition.Get("id").AsString();
            tokens[name] = [.. ids.Select((id, i) => (id, i < texts.Length ? texts[i] : ""))];
        }

        return new TemplateProcessor(single, pair, tokens);
    }

    private static TemplatePart Part(JsonField part)
    {
        if (!part.IsObject || part.Members().Count() != 1)
        {
            throw part.Fail("a part of a template must be {\"Sequence\": …} or {\"SpecialToken\": …}");
        }

        (string kind, JsonField value) = part.Members().Single();
        int type = value.Number("type_id");
        string name = value.Text("id");
        return (kind, name) switch
        {
            ("Sequence", "A") => new TemplatePart(0, type, name),
            ("Sequence", "B") => new TemplatePart(1, type, name),
            ("SpecialToken", _) => new TemplatePart(-1, type, name),
            _ => throw part.Fail("a part of a template must be Sequence A, Sequence B or a SpecialToken"),
        };
    }
}
