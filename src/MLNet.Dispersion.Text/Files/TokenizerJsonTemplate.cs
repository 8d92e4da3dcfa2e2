namespace MLNet.Dispersion.Text;

/// <summary>The ids that the post-processor of a tokenizer.json puts around a single text.</summary>
/// <param name="Prefix">Ids before the text.</param>
/// <param name="Suffix">Ids after the text.</param>
internal sealed record TokenizerJsonTemplate(IReadOnlyList<int> Prefix, IReadOnlyList<int> Suffix)
{
    private static readonly TokenizerJsonTemplate None = new([], []);

    internal static TokenizerJsonTemplate Read(JsonField? postProcessor)
    {
        if (postProcessor is not { } field)
        {
            return None;
        }

        string type = field.Get("type").AsString();
        return type switch
        {
            "ByteLevel" => None,
            "TemplateProcessing" => ReadTemplate(field),
            "Sequence" => ReadSequence(field),
            _ => throw field.Fail($"the post-processor {type} is not supported; TemplateProcessing, ByteLevel and a Sequence of them are"),
        };
    }

    private static TokenizerJsonTemplate ReadSequence(JsonField field)
    {
        TokenizerJsonTemplate[] stated = [.. field.Get("processors").Items().Select(p => Read(p)).Where(t => t.Prefix.Count + t.Suffix.Count > 0)];
        return stated.Length switch
        {
            0 => None,
            1 => stated[0],
            _ => throw field.Fail("more than one of its processors adds tokens"),
        };
    }

    private static TokenizerJsonTemplate ReadTemplate(JsonField field)
    {
        var prefix = new List<int>();
        var suffix = new List<int>();
        int texts = 0;
        foreach (JsonField part in field.Get("single").Items())
        {
            if (part.Find("SpecialToken") is { } token)
            {
                (texts == 0 ? prefix : suffix).AddRange(IdsOf(token.Get("id").AsString(), field));
            }
            else
            {
                part.Get("Sequence");
                texts++;
            }
        }

        return texts == 1 ? new TokenizerJsonTemplate(prefix, suffix) : throw field.Get("single").Fail("the template of a single text must hold that text once");
    }

    private static List<int> IdsOf(string name, JsonField field)
    {
        foreach ((string key, JsonField definition) in field.Get("special_tokens").Members())
        {
            if (key == name)
            {
                return definition.Get("ids").Items().Select(id => id.AsTokenId()).ToList();
            }
        }

        throw field.Fail($"its template names the token \"{name}\", which its special_tokens lack");
    }
}
