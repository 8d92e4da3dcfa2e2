using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Files;

/// <summary>The own reader of JSON takes, refuses and reads what the framework's does.</summary>
public sealed class JsonGrammarTests
{
    private static readonly string[] Seeds =
    [
        """{"a": {"b": [1, -0, 0.5, 1e9, -2.5E-3, "c\n\u0041\ud83d\ude00é", true, false, null, {}, [], ""]}, "a\u0062": "\\\"\/\b\f\r\t"}""",
        """[["x", -1.25], ["▁the", -3], ["日本", 0]]""",
        """ { "vocab" : { "a" : 0 , "b" : 1 } , "merges" : [ "a b" , [ "a" , "b" ] ] } """,
        "\"text\"", "12", "-0.0e+10", "true", "null", "[]", "{}",
    ];

    [Fact]
    public void Parse_MutatedDocuments_IsTakenOrRefusedAsByTheFramework()
    {
        var random = new Random(11);
        string signs = "{}[]\",:\\ \n\t01-+.eEtrufalsn\u0001é/d8x";
        int taken = 0;
        for (int round = 0; round < 60_000; round++)
        {
            var text = new StringBuilder(Seeds[random.Next(Seeds.Length)]);
            for (int change = random.Next(4); change > 0; change--)
            {
                int at = random.Next(text.Length);
                switch (random.Next(4))
                {
                    case 0:
                        text[at] = signs[random.Next(signs.Length)];
                        break;
                    case 1:
                        text.Insert(at, signs[random.Next(signs.Length)]);
                        break;
                    case 2 when text.Length > 1:
                        text.Remove(at, 1);
                        break;
                    default:
                        text.Length = Math.Max(1, at);
                        break;
                }
            }

            taken += AssertSame(text.ToString()) ? 1 : 0;
        }

        Assert.InRange(taken, 10_000, 50_000);
    }

    [Theory]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(100_000)]
    public void Parse_DeepNesting_EndsWhereTheFrameworkEndsIt(int depth)
    {
        AssertSame(new string('[', depth) + new string(']', depth));
        AssertSame(string.Concat(Enumerable.Repeat("{\"a\":", depth)) + "1" + new string('}', depth));
    }

    [Fact]
    public void Parse_ManyMembers_AreAllFound()
    {
        // More than are noted at once, on several levels.
        string inner = string.Join(',', Enumerable.Range(0, 500).Select(i => $"\"n{i}\": [{string.Join(',', Enumerable.Range(0, 70))}]"));
        string json = $"{{\"list\": [{string.Join(',', Enumerable.Repeat($"{{{inner}}}", 3))}], {inner}}}";

        Assert.True(AssertSame(json));
        JsonField root = JsonField.Parse(Encoding.UTF8.GetBytes(json), "f.json");
        Assert.Equal(69, root.Get("n499").Items().Last().AsIndex(69, "a number"));
        Assert.Equal(501, root.Members().Count());
    }

    [Fact]
    public void ListReader_Values_AreThoseWritten()
    {
        var reader = new JsonListReader("""[ "a\u00e9\"", "日本" , 12, -3.5e1, ["x"], {"k": null} ]"""u8);
        Assert.True(reader.Enter('['));
        Assert.True(reader.Next(']') && reader.TryGetText(0, out ReadOnlySpan<char> first));
        Assert.True(reader.TryGetText(0, out first));
        string one = first.ToString();
        Assert.True(reader.Next(']'));
        Assert.True(reader.TryGetText(1, out ReadOnlySpan<char> second));
        Assert.Equal("aé\"", one);
        Assert.Equal("日本", second.ToString());
        Assert.Equal(-1, reader.GetIndex(99));
        Assert.True(reader.Next(']'));
        Assert.Equal(12, reader.GetIndex(12));
        Assert.Equal(-1, reader.GetIndex(11));
        Assert.False(reader.TryGetText(0, out _));
        Assert.True(reader.Next(']'));
        Assert.Equal(-35, reader.GetDouble());
        Assert.Equal(-1, reader.GetIndex(99));
        Assert.True(reader.Next(']') && reader.Is('[') && reader.Next(']') && reader.Is('"'));
        Assert.False(reader.Next(']'));
        Assert.True(reader.Next(']') && reader.Is('{') && reader.Next('}') && reader.Next('}'));
        Assert.Equal("null", Encoding.UTF8.GetString(reader.Written));
        Assert.False(reader.Next('}'));
        Assert.False(reader.Next(']'));
        Assert.False(reader.Next(']'));
    }

    [Fact]
    public void ListReader_NothingOrHalfAPair_IsNoText()
    {
        Assert.False(new JsonListReader([]).Enter('['));
        var reader = new JsonListReader("""["\ud800", "\udc00\ud800", "\ud800\u0041", "\ud83d\ude00"]"""u8);
        Assert.True(reader.Enter('['));
        for (int i = 0; i < 3; i++)
        {
            Assert.True(reader.Next(']') && reader.Is('"') && !reader.TryGetText(0, out _));
        }

        Assert.True(reader.Next(']'));
        Assert.True(reader.TryGetText(0, out ReadOnlySpan<char> pair));
        Assert.Equal("\ud83d\ude00", pair.ToString());
    }

    private static bool AssertSame(string json)
    {
        byte[] bytes = Encoding.UTF8.GetBytes($"{{\"r\":{json}}}");
        JsonDocument? expected = null;
        try
        {
            expected = JsonDocument.Parse(bytes);
        }
        catch (JsonException)
        {
            Assert.Throws<ModelFileException>(() => JsonField.Parse(bytes, "f.json"));
            return false;
        }

        using (expected)
        {
            AssertSame(expected.RootElement, JsonField.Parse(bytes, "f.json"), json);
        }

        return true;
    }

    private static void AssertSame(JsonElement expected, JsonField actual, string json)
    {
        Assert.True(expected.ValueKind == actual.Kind, json);
        Assert.Equal(expected.GetRawText(), Encoding.UTF8.GetString(actual.Utf8.Span));
        switch (expected.ValueKind)
        {
            case JsonValueKind.Array:
                JsonElement[] items = [.. expected.EnumerateArray()];
                JsonField[] ours = [.. actual.Items()];
                Assert.Equal(items.Length, ours.Length);
                for (int i = 0; i < items.Length; i++)
                {
                    AssertSame(items[i], ours[i], json);
                }

                break;
            case JsonValueKind.Object:
                JsonProperty[] members = [.. expected.EnumerateObject()];
                if (Decoded(() => string.Concat(members.Select(member => member.Name))) is null)
                {
                    Assert.Throws<ModelFileException>(() => actual.Members().Count());
                    break;
                }

                (string Name, JsonField Value)[] own = [.. actual.Members()];
                Assert.Equal(members.Select(member => member.Name), own.Select(member => member.Name));
                for (int i = 0; i < members.Length; i++)
                {
                    AssertSame(members[i].Value, own[i].Value, json);
                    Assert.Equal(expected.GetProperty(members[i].Name).GetRawText(), Encoding.UTF8.GetString(actual.FindOrNull(members[i].Name)!.Value.Utf8.Span));
                }

                break;
            case JsonValueKind.String:
                Assert.Equal(Decoded(() => expected.GetString()!), Answered(() => actual.AsString()));
                break;
            case JsonValueKind.Number:
                double? number = expected.TryGetDouble(out double value) && double.IsFinite(value) ? value : null;
                Assert.Equal(number, Answered(() => (object)actual.AsDouble()));
                int? whole = expected.TryGetInt32(out int index) && index >= 0 ? index : null;
                Assert.Equal(whole, Answered(() => (object)actual.AsIndex(int.MaxValue, "it")));
                break;
        }
    }

    private static string? Decoded(Func<string> read)
    {
        try
        {
            return read();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private static object? Answered(Func<object> read)
    {
        try
        {
            return read();
        }
        catch (ModelFileException)
        {
            return null;
        }
    }
}
