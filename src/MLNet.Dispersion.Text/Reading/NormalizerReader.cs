using System.Text;

namespace MLNet.Dispersion.Text;

/// <summary>Reads the normalizer of a tokenizer.json.</summary>
internal static class NormalizerReader
{
    internal static TextNormalizer Read(JsonField field)
    {
        string type = JsonReading.TypeOf(field);
        return type switch
        {
            "Sequence" => new SequenceNormalizer([.. field.Get("normalizers").Items().Select(Read)]),
            "BertNormalizer" => BertNormalizer.Create(field.Flag("clean_text"), field.Flag("handle_chinese_chars"), field.Find("strip_accents")?.AsBoolean(), field.Flag("lowercase")),
            "Strip" => new StripNormalizer(field.Flag("strip_left"), field.Flag("strip_right")),
            "StripAccents" => new StripAccentsNormalizer(),
            "NFC" => Form(field, NormalizationForm.FormC),
            "NFD" => Form(field, NormalizationForm.FormD),
            "NFKC" => Form(field, NormalizationForm.FormKC),
            "NFKD" => Form(field, NormalizationForm.FormKD),
            "Lowercase" => new LowercaseNormalizer(),
            "Nmt" => new NmtNormalizer(),
            "Precompiled" => Precompiled(field.Get("precompiled_charsmap")),
            "Replace" => new ReplaceNormalizer(field.Pattern("pattern"), field.Text("content")),
            "Prepend" => new PrependNormalizer(field.Text("prepend")),
            "ByteLevel" => new ByteLevelNormalizer(),
            _ => throw field.Fail($"there is no normalizer {Printable.Name(type)}"),
        };
    }

    private static UnicodeFormNormalizer Form(JsonField field, NormalizationForm form)
    {
        try
        {
            return new UnicodeFormNormalizer(form);
        }
        catch (PlatformNotSupportedException e)
        {
            throw field.Fail(e.Message.TrimEnd('.'), e);
        }
    }

    private static PrecompiledNormalizer Precompiled(JsonField map)
    {
        try
        {
            return PrecompiledNormalizer.Parse(Convert.FromBase64String(map.AsString()));
        }
        catch (FormatException e)
        {
            throw map.Fail($"it is no character map of sentence-piece: {e.Message.TrimEnd('.')}", e);
        }
    }
}
