using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace MLNet.Dispersion.Tests.Chat;

/// <summary>What chat templates make of conversations, against what transformers makes of them.</summary>
public sealed class ChatReferenceTests : ReferenceTests
{
    private const string Folder = "chat";

    [SkippableFact]
    public void Render_ReferenceConversations_GivesTheirTextAndSpans() => Check(Folder, folder =>
    {
        JsonElement conversations = folder.Json("conversations.json"), special = folder.Json("special_tokens.json");
        var templates = new Dictionary<string, ChatTemplate>();
        foreach (JsonElement given in Lines(folder, "cases.jsonl.gz"))
        {
            string name = given.GetProperty("template").GetString()!;
            folder.Case(given.GetProperty("id").GetString()!, () => Compare(folder, "cases", given, () =>
            {
                if (!templates.TryGetValue(name, out ChatTemplate? template))
                {
                    templates.Add(name, template = ChatTemplate.Parse(Source(folder, name), Tokens(special.GetProperty(name))));
                }

                return Render(template, conversations.GetProperty(given.GetProperty("conversation").GetString()!), given);
            }));
        }
    }, Refuses);

    [SkippableFact]
    public void Render_ReferenceSnippets_GivesTheirText() => Check(Folder, folder =>
    {
        Dictionary<string, JsonElement> variables = folder.Json("jinja_context.json").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value);
        foreach (JsonElement given in Lines(folder, "jinja.jsonl"))
        {
            string id = given.GetProperty("id").GetString()!;
            folder.Case(id, () => Compare(folder, "jinja", given, () => Snippet.Render(given.GetProperty("template").GetString()!, variables, new FixedClock("2026-02-14T09:05:07"))));
        }
    }, Refuses);

    [SkippableFact]
    public void MaskOf_ReferenceTokens_MarksTheAssistantsOwn() => Check(Folder, folder =>
    {
        JsonElement conversations = folder.Json("conversations.json");
        JsonElement[] cases = [.. folder.Json("assistant_masks.json").EnumerateArray()];
        var tokenizers = new Dictionary<string, TokenPlaces>();
        foreach ((int i, JsonElement given) in cases.Index())
        {
            folder.Case($"mask {i}", () =>
            {
                // What is cut off cannot be placed: the whole tokens come from the case without truncation.
                JsonElement whole = cases.First(other => IsWhole(other) && Same(other, given));
                int[] ids = whole.GetProperty("input_ids").Deserialize<int[]>()!, kept = given.GetProperty("input_ids").Deserialize<int[]>()!;
                int first = IsWhole(given) || given.GetProperty("truncation").GetProperty("side").GetString() == "right" ? 0 : ids.Length - kept.Length;
                Assert.Equal(kept, ids[first..(first + kept.Length)]);
                ChatText text = Text(folder, conversations, given);
                string tokenizer = given.GetProperty("tokenizer").GetString()!;
                if (!tokenizers.TryGetValue(tokenizer, out TokenPlaces? places))
                {
                    tokenizers.Add(tokenizer, places = new TokenPlaces(JsonSerializer.Deserialize<JsonElement>(File.ReadAllBytes(SharedFixtures.Path("fixtures", "tokenizers", "full", tokenizer, "tokenizer.json")))));
                }


                bool[] mask = text.MaskOf(places.Of(text.Text, ids)[first..(first + kept.Length)]);

                Assert.Equal(given.GetProperty("assistant_masks").Deserialize<int[]>(), mask.Select(own => own ? 1 : 0));
            });
        }
    }, Refuses);

    [SkippableFact]
    public void Load_ReferenceSources_TakesTheTemplateThatTheReferenceTakes() => Check(Folder, folder =>
    {
        JsonElement sources = folder.Json("template_sources.json");
        foreach ((int i, JsonElement given) in sources.GetProperty("cases").EnumerateArray().Index())
        {
            folder.Case($"template source {i}", () => Compare(folder, "template_sources", given, () =>
            {
                using var files = new TemporaryFiles(sources.GetProperty("files").GetProperty(given.GetProperty("files").GetString()!));
                ChatMessage[] messages = [.. sources.GetProperty("messages").EnumerateArray().Select(ChatMessage.FromJson)];
                return ChatTemplate.Load(new DirectorySource(files.Path)).Render(messages, new ChatOptions
                {
                    Template = given.TryGetProperty("chat_template", out JsonElement template) ? template.GetString() : null,
                    Tools = List(given, "tools"),
                    Documents = List(given, "documents"),
                });
            }));
        }
    }, Refuses);

    /// <summary>Compares with the answer or the error that is expected.</summary>
    private static void Compare(ReferenceFolder folder, string part, JsonElement given, Func<ChatText> render)
    {
        if (given.TryGetProperty("error", out JsonElement error))
        {
            Exception refusal = Assert.ThrowsAny<Exception>(render);
            Assert.True(Refuses(refusal), $"Another error than a refusal: {refusal}");
            if (error.GetProperty("type").GetString() == "TemplateError")
            {
                Assert.Equal(error.GetProperty("message").GetString(), Assert.IsType<ChatTemplateRaisedException>(refusal).Message);
            }

            return;
        }

        ChatText text;
        try
        {
            text = render();
        }
        catch (Exception refusal) when (Refuses(refusal) && given.TryGetProperty("id", out JsonElement id) && folder.IsLenient(part, id.GetString()!, "expected"))
        {
            return;
        }

        Assert.Equal(given.GetProperty("expected").GetString(), text.Text);
        if (given.TryGetProperty("generation_spans", out JsonElement spans))
        {
            Assert.Equal(spans.Deserialize<int[][]>(), text.GenerationSpans.Select(span => new[] { CodePoints(text.Text, span.Start), CodePoints(text.Text, span.End) }));
            Assert.Equal(given.GetProperty("generation_texts").Deserialize<string[]>(), text.GenerationSpans.Select(span => text.Text[span.Start..span.End]));
        }
    }

    private static bool IsWhole(JsonElement given) => given.GetProperty("truncation").ValueKind == JsonValueKind.Null;

    private static bool Same(JsonElement a, JsonElement b) => new[] { "tokenizer", "template", "conversation", "now" }.All(field => a.GetProperty(field).GetString() == b.GetProperty(field).GetString());

    private static ChatText Text(ReferenceFolder folder, JsonElement conversations, JsonElement given)
    {
        ChatTemplate template = ChatTemplate.Parse(Source(folder, given.GetProperty("template").GetString()!), Tokens(given.GetProperty("special_tokens")));
        JsonElement conversation = conversations.GetProperty(given.GetProperty("conversation").GetString()!);
        return template.Render([.. conversation.GetProperty("messages").EnumerateArray().Select(ChatMessage.FromJson)], new ChatOptions
        {
            Tools = List(conversation, "tools"),
            Documents = List(conversation, "documents"),
            Clock = new FixedClock(given.GetProperty("now").GetString()!),
        });
    }

    private static ChatText Render(ChatTemplate template, JsonElement conversation, JsonElement given)
    {
        JsonElement continued = given.GetProperty("continue_final_message");
        var options = new ChatOptions
        {
            AddGenerationPrompt = given.GetProperty("add_generation_prompt").GetBoolean(),
            ContinueFinalMessage = continued.ValueKind != JsonValueKind.False,
            Tools = List(conversation, "tools"),
            Documents = List(conversation, "documents"),
            Variables = given.GetProperty("variables").EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value),
            Clock = new FixedClock(given.GetProperty("now").GetString()!),
        };
        options = continued.ValueKind == JsonValueKind.String ? options with { ContinueField = continued.GetString()! } : options;
        return template.Render([.. conversation.GetProperty("messages").EnumerateArray().Select(ChatMessage.FromJson)], options);
    }

    private static int CodePoints(string text, int end) => text.AsSpan(0, end).Length - text.AsSpan(0, end).ToString().Count(char.IsLowSurrogate);

    private static IReadOnlyList<JsonElement>? List(JsonElement given, string name) => given.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? [.. list.EnumerateArray()] : null;

    private static Dictionary<string, string> Tokens(JsonElement special) => special.EnumerateObject().ToDictionary(entry => entry.Name, entry => entry.Value.GetString()!);

    private static string Source(ReferenceFolder folder, string name) => Encoding.UTF8.GetString(File.ReadAllBytes(folder.FileOf("templates", $"{name}.jinja")));

    private static IEnumerable<JsonElement> Lines(ReferenceFolder folder, string name)
    {
        using Stream file = File.OpenRead(folder.FileOf(name));
        using Stream stream = name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(file, CompressionMode.Decompress) : file;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0)
            {
                yield return JsonSerializer.Deserialize<JsonElement>(line);
            }
        }
    }

    private static bool Refuses(Exception error) => error is ChatTemplateException or ArgumentException or ModelFileException or NotSupportedException;
}
