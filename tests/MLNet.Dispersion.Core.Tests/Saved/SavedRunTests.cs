using System.Text.Json.Nodes;

namespace MLNet.Dispersion.Tests.Saved;

/// <summary>Trainings that an earlier version began and that were interrupted: they go on, and come to what that version comes to without an interruption.</summary>
public sealed class SavedRunTests
{
    public static TheoryData<string, string> Runs() => SavedFiles.Cases("runs");

    [Theory]
    [MemberData(nameof(Runs))]
    public void Train_FromASavedCheckpoint_EndsAsAnUninterruptedRunDid(string version, string name)
    {
        JsonObject run = SavedFiles.Case(version, "runs", name);
        using var copy = SavedFiles.Copy(version, "runs");
        TrainingCheckpoint latest = TrainingCheckpoint.Latest(copy.At(name))!;
        Assert.Equal((int)run["answers"]!["resumed from"]!, latest.Step);
        Assert.Equal((int)run["answers"]!["steps"]! == latest.Step, latest.Finished);

        JsonObject answers = RunAnswers.Of(run, copy.At(), options => options.Checkpoints = new CheckpointOptions { Directory = copy.At(name), EverySteps = (int)run["everySteps"]! });

        SavedFiles.AssertAnswers(version, "runs", name, answers);
        Assert.True(TrainingCheckpoint.Latest(copy.At(name))!.Finished);
    }

    /// <summary>The same call from the beginning: what the checkpoints go on to is no accident of theirs.</summary>
    [Theory]
    [MemberData(nameof(Runs))]
    public void Train_WithoutCheckpoints_EndsTheSame(string version, string name)
    {
        JsonObject run = SavedFiles.Case(version, "runs", name);

        JsonObject answers = RunAnswers.Of(run, SavedFiles.Folder(version, "runs"), _ => { });

        Assert.Null(answers["resumed from"]);
        answers["resumed from"] = (int)run["answers"]!["resumed from"]!;
        SavedFiles.AssertAnswers(version, "runs", name, answers);
    }
}
