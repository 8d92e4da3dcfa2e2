using System.CommandLine;
using System.Text.Json.Nodes;
using Microsoft.ML;

namespace MLNet.Dispersion.Tool;

/// <summary>Writes a model in another format.</summary>
internal sealed class ConvertVerb : IVerb
{
    private readonly Argument<string> _model = new("model") { Description = $"The model. {ModelPlace.Description}" };
    private readonly Argument<string> _target = new("target") { Description = "What to write: a .gguf file, an .onnx file, or a folder in Hugging Face's format." };
    private readonly Option<string?> _type = Options.Text("--type", $"The type of the weights: of GGUF {string.Join(", ", Enum.GetNames<GgufWeightType>())}, of ONNX {string.Join(", ", Enum.GetNames<OnnxWeightType>())}.");
    private readonly Option<OnnxContent?> _content = Options.Choice<OnnxContent>("--content", "What an .onnx file gives. Default: what the model is for.");
    private readonly Option<bool> _past = new("--past") { Description = "An .onnx file of a language model reads and gives keys and values." };

    /// <inheritdoc/>
    public Command Describe() => new("convert", "Writes a model in another format: Hugging Face's, GGUF or ONNX; a fine-tuned model.zip as well.") { _model, _target, _type, _content, _past };

    /// <inheritdoc/>
    public void Run(CommandContext context)
    {
        string source = context.Get(_model), target = context.Get(_target);
        Conversion conversion = Conversion.Of(target, context.Get(_type), context.Get(_content), context.Get(_past));
        conversion.RequirePlace(_target.Name, target);
        if (File.Exists(source) && Path.GetExtension(source).Equals(".zip", StringComparison.OrdinalIgnoreCase))
        {
            MLContext ml = context.NewContext(seed: 1);
            using ModelZip zip = ModelZip.Load(ml, source);
            conversion.Write(zip.Transformer, target);
        }
        else
        {
            using PretrainedLanguageModel model = ModelPlace.Load(context, source, "cpu");
            conversion.WriteModel(model, target);
        }

        context.Write(() => new JsonObject { ["output"] = target }, () => $"Wrote {target}");
    }
}
