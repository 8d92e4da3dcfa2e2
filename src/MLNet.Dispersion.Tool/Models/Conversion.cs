namespace MLNet.Dispersion.Tool;

/// <summary>Writes models in the format that a path asks for.</summary>
internal abstract class Conversion
{
    /// <summary>The conversion of a target, by its ending.</summary>
    /// <exception cref="ToolException">An option does not fit the format.</exception>
    public static Conversion Of(string target, string? type, OnnxContent? content = null, bool past = false)
    {
        string ending = Path.GetExtension(target).ToUpperInvariant();
        if (ending != ".ONNX" && (content is not null || past))
        {
            throw new ToolException("--content and --past are for .onnx files.");
        }

        return ending switch
        {
            ".ONNX" => new ToOnnx(new OnnxSaveOptions { Content = content, HasPast = past, Type = Named<OnnxWeightType>(type) ?? new OnnxSaveOptions().Type }),
            ".GGUF" => new ToGguf(new GgufSaveOptions { Type = Named<GgufWeightType>(type) ?? new GgufSaveOptions().Type }),
            _ when type is not null => throw new ToolException("--type is for .gguf and .onnx files; a folder in Hugging Face's format holds float32."),
            _ => new ToFolder(),
        };
    }

    /// <summary>Writes the model of a fitted transformer, with its head where the format has a place for it.</summary>
    public abstract void Write(TextTransformer transformer, string target);

    /// <summary>Writes a language model.</summary>
    public abstract void WriteModel(PretrainedLanguageModel model, string target);

    private protected static PretrainedLanguageModel ModelOf(TextTransformer transformer) => transformer switch
    {
        LanguageModelTransformer language => language.LanguageModel,
        FineTunedTextTransformer tuned => tuned.LanguageModel,
        _ => throw new ToolException($"A {transformer.GetType().Name} is not converted from the command line. It has methods of its own in code."),
    };

    private static T? Named<T>(string? name)
        where T : struct, Enum => name is null ? null
        : Enum.TryParse(name, ignoreCase: true, out T value) && Enum.IsDefined(value) ? value
        : throw new ToolException($"--type: '{name}' is none of {string.Join(", ", Enum.GetNames<T>())}.");

    private sealed class ToOnnx(OnnxSaveOptions options) : Conversion
    {
        public override void Write(TextTransformer transformer, string target)
        {
            if (transformer is FineTunedTextTransformer tuned)
            {
                tuned.SaveOnnx(target, options);
            }
            else
            {
                WriteModel(ModelOf(transformer), target);
            }
        }

        public override void WriteModel(PretrainedLanguageModel model, string target) => model.SaveOnnx(target, options);
    }

    private sealed class ToGguf(GgufSaveOptions options) : Conversion
    {
        public override void Write(TextTransformer transformer, string target)
        {
            if (transformer is not (LanguageModelTransformer or FineTuneEmbeddingsWithDispersionTransformer))
            {
                throw new ToolException("A GGUF file has no place for the head of a classifier or regressor. Convert it to an .onnx file, or to a folder.");
            }

            WriteModel(ModelOf(transformer), target);
        }

        public override void WriteModel(PretrainedLanguageModel model, string target) => model.SaveGguf(target, options);
    }

    private sealed class ToFolder : Conversion
    {
        public override void Write(TextTransformer transformer, string target)
        {
            if (transformer is FineTunedTextTransformer tuned)
            {
                tuned.Use(model => model.SavePretrained(target, tuned.ScoreNames.Count > 0 ? tuned.ScoreNames : null));
            }
            else
            {
                WriteModel(ModelOf(transformer), target);
            }
        }

        public override void WriteModel(PretrainedLanguageModel model, string target) => model.Save(target);
    }
}
