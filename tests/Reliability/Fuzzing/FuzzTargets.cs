using System.Text;

namespace MLNet.Dispersion.Reliability.Fuzzing;

/// <summary>Everything that reads what strangers wrote, each as a function of bytes. What a reader documents is caught; whatever else it throws is a finding.</summary>
public static class FuzzTargets
{
    private static readonly SearchSpace Space = SearchSpace.Empty.Uniform("x", -1, 1).Integer("epochs", 1, 9, 2).Choice("kind", "plain", "spread").When("kind", "spread", sub => sub.Choice("layers", 1, 2, 3));

    // A file for each thread: GGUF is read by its path.
    private static readonly ThreadLocal<string> Scratch = new(() => Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), $"mlnet-dispersion-fuzz-{Environment.ProcessId}-{Environment.CurrentManagedThreadId}.gguf"));

    /// <summary>Gets the targets by name.</summary>
    public static IReadOnlyDictionary<string, Action<byte[]>> All { get; } = new SortedDictionary<string, Action<byte[]>>(StringComparer.Ordinal)
    {
        ["adapter"] = bytes => Reading(() => PeftConfig.Read(new Bytes("adapter_config.json", bytes))),
        ["chat-template"] = ChatTemplateOf,
        ["config"] = bytes => Reading(() => BackboneRegistry.ArchitectureOf(ConfigReader.Parse(bytes, "config.json")).Spec.Validate()),
        ["gguf"] = Gguf,
        ["html-report"] = HtmlReportOf,
        ["manifest"] = bytes => Reading(() => SavedManifest.Find(new Bytes(SavedManifest.FileName, bytes))),
        ["model-zip"] = ModelZip,
        ["safetensors"] = Safetensors,
        ["study-row"] = bytes => Documented<FormatException, FormatException>(() => ParameterSet.Parse(Text(bytes), Space)),
        ["task-file"] = bytes => Documented<FormatException, FormatException>(() => BenchmarkTemplate.FromJson(Text(bytes))),
        ["tokenizer"] = Tokenizer,
    };

    private static void Safetensors(byte[] bytes) => Reading(() =>
    {
        var reader = new SafetensorsReader(new MemoryStream(bytes), "model.safetensors");
        while (reader.MoveNext() is not null)
        {
        }
    });

    private static void Gguf(byte[] bytes)
    {
        string path = Scratch.Value!;
        File.WriteAllBytes(path, bytes);
        Reading(() =>
        {
            FileSource files = ModelSource.FromGguf(path).Source;
            foreach (string name in new[] { "config.json", "tokenizer.json", "tokenizer_config.json" }.Where(files.Contains))
            {
                files.ReadAllBytes(name);
            }
        });
    }

    private static void Tokenizer(byte[] bytes) => Reading(() =>
    {
        var tokenizer = TextTokenizer.Load(new Bytes("tokenizer.json", bytes));
        try
        {
            tokenizer.Decode(tokenizer.Encode("Hello wörld, 123!  \u4f60\u597d <s>").Ids);
        }
        catch (Exception e) when (e is TokenizationException or TextPatternException)
        {
            // Of the text, which these tokens cannot say.
        }
    });

    private static void ChatTemplateOf(byte[] bytes)
    {
        var limits = new ChatTemplateLimits { MaxSteps = 20_000, MaxOutputLength = 100_000 };
        Documented<ChatTemplateException, ChatTemplateLimitException>(() =>
        {
            ChatTemplate template = ChatTemplate.Parse(Text(bytes), limits: limits);
            template.Render([new("system", "Be brief."), new("user", "Hello!")], new() { AddGenerationPrompt = true });
        });
    }

    private static void ModelZip(byte[] bytes)
    {
        // Below ML.NET's own layer: what stands in Model.key behind ML.NET's header.
        using var reader = new BinaryReader(new MemoryStream(bytes));
        Documented<FormatException, ArgumentException>(() => ClassifierManifest.Read(reader));
    }

    private static void HtmlReportOf(byte[] bytes)
    {
        CondensationReport? report = null;
        Documented<FormatException, FormatException>(() => report = CondensationReport.FromJson(Text(bytes)));
        if (report is not null)
        {
            string html = HtmlReport.ToHtml(new HtmlReportContent([report]));
            if (html.Contains("<script>alert", StringComparison.OrdinalIgnoreCase))
            {
                throw new InvalidOperationException("The page holds a script of the report's.");
            }

            report.ToCsv();
        }
    }

    private static string Text(byte[] bytes) => Encoding.UTF8.GetString(bytes);

    private static void Reading(Action read) => Documented<ModelFileException, NotSupportedException>(read);

    private static void Reading(Func<object?> read) => Reading(() => { read(); });

    private static void Documented<T1, T2>(Action read)
        where T1 : Exception
        where T2 : Exception
    {
        try
        {
            read();
        }
        catch (Exception e) when (e is T1 or T2)
        {
            // Said in the reader's documentation.
        }
    }

    /// <summary>One file.</summary>
    private sealed class Bytes(string name, byte[] bytes) : FileSource
    {
        public override string Name => "fuzz";

        public override bool Contains(string fileName) => fileName == name;

        public override void Read(string fileName, Action<Stream> read)
        {
            if (!Contains(fileName))
            {
                throw new ModelFileException(Describe(fileName), "There is no such file.");
            }

            read(new MemoryStream(bytes));
        }
    }
}
