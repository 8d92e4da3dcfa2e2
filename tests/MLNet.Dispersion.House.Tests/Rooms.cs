namespace MLNet.Dispersion.House.Tests;

/// <summary>The house: its rooms, and which room may use which. docs/architecture.md is drawn from this table.</summary>
/// <remarks>
/// A room is an assembly or a folder in it, named by its place under src without the common beginning: <c>Core/Training/Loop</c>; the ML.NET face is <c>Face</c>.
/// A type belongs to the room in whose folder it is written. What a row does not allow is forbidden; <c>Core/Training/*</c> stands for all rooms in <c>Core/Training</c>.
/// Rooms that are not built yet have their row already.
/// </remarks>
internal static class Rooms
{
    /// <summary>Which rooms a room may use.</summary>
    internal static IReadOnlyDictionary<string, string[]> Allowed { get; } = new Dictionary<string, string[]>
    {
        ["Files"] = [],
        ["Statistics"] = [],
        ["Text"] = ["Files"],
        ["Hub"] = ["Files"],
        ["Core/Torch"] = [],
        ["Core/Weights"] = ["Core/Torch", "Files"],
        ["Core/Geometry"] = ["Core/Torch"],
        ["Core/Losses"] = ["Core/Geometry", "Core/Torch"],
        ["Core/Models/Spec"] = ["Core/Weights", "Core/Torch", "Files"],
        ["Core/Models/Blocks"] = ["Core/Models/Spec", "Core/Weights", "Core/Torch", "Files"],
        ["Core/Models/Families"] = ["Core/Models/Spec", "Core/Models/Blocks", "Core/Weights", "Core/Torch", "Files"],
        ["Core/Models/Heads"] = ["Core/Models/Spec", "Core/Models/Families", "Core/Models/Blocks", "Core/Weights", "Core/Torch", "Files"],
        ["Core/Models/Lora"] = ["Core/Models/Spec", "Core/Models/Blocks", "Core/Weights", "Core/Torch", "Files"],
        ["Core/Models/Formats"] = ["Core/Models/Spec", "Core/Models/Families", "Core/Models/Blocks", "Core/Weights", "Core/Torch", "Files"],
        ["Core/Models/Pretrained"] = ["Core/Models/Spec", "Core/Models/Blocks", "Core/Models/Families", "Core/Models/Heads", "Core/Models/Lora", "Core/Models/Formats", "Core/Weights", "Core/Torch", "Text", "Files"],
        ["Core/Inference"] = ["Core/Models/*", "Core/Weights", "Core/Torch", "Text", "Files"],
        ["Core/Inference/Likelihoods"] = ["Core/Inference", "Core/Models/*", "Core/Torch", "Text", "Files"],
        ["Core/Inference/Features"] = ["Core/Inference", "Core/Models/*", "Core/Torch", "Text", "Files"],
        ["Core/Inference/Generation"] = ["Core/Inference", "Core/Models/*", "Core/Torch", "Text", "Files"],
        ["Core/Inference/Decode"] = ["Core/Inference", "Core/Models/*", "Core/Torch", "Files"],
        ["Core/Training/Options"] = ["Core/Losses", "Core/Models/*", "Core/Torch", "Text", "Files"],
        ["Core/Training/Rows"] = ["Core/Training/Options", "Core/Inference", "Core/Models/*", "Core/Torch", "Text", "Files"],
        ["Core/Training/Optimizer"] = ["Core/Training/Options", "Core/Models/*", "Core/Weights", "Core/Torch", "Files"],
        ["Core/Training/Objectives"] = ["Core/Training/Options", "Core/Training/Rows", "Core/Losses", "Core/Inference", "Core/Models/*", "Core/Weights", "Core/Torch", "Text", "Files"],
        ["Core/Training/Resume"] = ["Core/Training/Options", "Core/Training/Rows", "Core/Training/Objectives", "Core/Training/Optimizer", "Core/Losses", "Core/Inference", "Core/Models/*", "Core/Weights", "Core/Torch", "Text", "Files"],
        ["Core/Training/Distributed"] = ["Core/Training/Options", "Core/Training/Optimizer", "Core/Torch", "Files"],
        ["Core/Training/Loop"] = ["Core/Training/Options", "Core/Training/Rows", "Core/Training/Objectives", "Core/Training/Optimizer", "Core/Training/Resume", "Core/Training/Distributed", "Core/Losses", "Core/Geometry", "Core/Inference", "Core/Models/*", "Core/Weights", "Core/Torch", "Text", "Files"],
        ["Core/Diagnostics"] = ["Core/Geometry", "Core/Inference", "Core/Training/Options", "Core/Training/Loop", "Core/Models/*", "Core/Torch", "Statistics", "Text", "Files"],
        ["Core/Evaluation"] = ["Core/Inference", "Core/Inference/Likelihoods", "Core/Models/*", "Core/Torch", "Statistics", "Text", "Files"],
        ["Core/Tasks"] = ["Core/Training/*", "Core/Diagnostics", "Core/Evaluation", "Core/Inference", "Core/Inference/*", "Core/Losses", "Core/Geometry", "Core/Models/*", "Core/Weights", "Core/Torch", "Statistics", "Text", "Files"],
        ["TinyEnglish"] = ["Core/*", "Files"],
        ["Face/Interop"] = ["Files"],
        ["Face/Rows"] = ["Face/Interop", "Core/*", "Files"],
        ["Face/Saving"] = ["Face/Interop", "Core/*", "Files"],
        ["Face/Shared"] = ["Face/Rows", "Face/Saving", "Face/Interop", "Core/*", "TinyEnglish", "Statistics", "Text", "Files"],
        ["Face/Classification"] = ["Face/Shared", "Face/Rows", "Face/Saving", "Face/Interop", "Core/*", "TinyEnglish", "Text", "Files"],
        ["Face/BinaryClassification"] = ["Face/Shared", "Face/Rows", "Face/Saving", "Face/Interop", "Core/*", "TinyEnglish", "Text", "Files"],
        ["Face/Regression"] = ["Face/Shared", "Face/Rows", "Face/Saving", "Face/Interop", "Core/*", "TinyEnglish", "Text", "Files"],
        ["Face/LanguageModel"] = ["Face/Shared", "Face/Rows", "Face/Saving", "Face/Interop", "Core/*", "TinyEnglish", "Text", "Files"],
        ["Face/Geometry"] = ["Face/Shared", "Face/Rows", "Face/Saving", "Face/Interop", "Core/*", "TinyEnglish", "Text", "Files"],
        ["Plots/Drawing"] = ["Files"],
        ["Plots/Figures"] = ["Plots/Drawing", "Core/*", "Statistics", "Files"],
        ["Plots/Html"] = ["Plots/Drawing", "Plots/Figures", "Core/*", "Statistics", "Files"],
        ["Plots"] = ["Plots/*", "Core/*", "Statistics", "Files"],
        ["Studies/Spaces"] = ["Statistics", "Files"],
        ["Studies/Trials"] = ["Studies/Spaces", "Statistics", "Files"],
        ["Studies/Sampling"] = ["Studies/Spaces", "Studies/Trials", "Statistics"],
        ["Studies/Pruning"] = ["Studies/Trials"],
        ["Studies/Storage"] = ["Studies/Spaces", "Studies/Trials", "Files"],
        ["Studies/Running"] = ["Studies/Spaces", "Studies/Trials", "Studies/Sampling", "Studies/Pruning", "Studies/Storage", "Files"],
        ["Studies.PostgreSql"] = ["Studies/*"],
        ["Search/Metrics"] = ["Studies/*", "Core/*", "Face/*"],
        ["Search/Results"] = ["Search/Metrics", "Studies/*", "Statistics", "Files"],
        ["Search/Running"] = ["Search/Metrics", "Search/Results", "Studies/*", "Statistics", "Face/*", "Core/*", "Files"],
        ["Search/Pictures"] = ["Search/Results", "Studies/*", "Plots", "Plots/*", "Statistics", "Files"],
        ["Search"] = ["Search/*", "Studies/*", "Statistics", "Plots", "Plots/*", "Face/*", "Core/*", "Files"],
        ["Onnx"] = ["Core/*", "Face/*", "Files"],
        ["Build"] = [],
    };
}
